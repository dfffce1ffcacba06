import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { addDataset } from '#main/datasets/add.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'

/**
 * node dataset.ts FOLDER ROWS: adds a data set of so many images in one table (MS-Celeb-1M's layout, 400 to a person, a few bytes each), from
 * the listing to the sealed pack; only the look at the images' headers is left out. Prints a line of JSON: seconds and memory at its highest.
 */
const [folder = '', rows = '4000000'] = process.argv.slice(2)
const total = Number(rows)
const photographs = join(folder, 'photographs')
mkdirSync(photographs, { recursive: true })
writeTable(join(photographs, 'FaceImageCroppedWithAlignment.tsv'))
const startMs = performance.now()
let scannedMb = 0
const { file, summary } = await addDataset({
  path: photographs,
  into: folder,
  probe: async paths => paths.map(() => ({ ok: true, width: 100, height: 100, format: 'jpeg', pages: 1 })),
  onProgress: () => { scannedMb ||= peakMb() },
})
const seconds = (performance.now() - startMs) / 1000
const pack = openDataset(file)
let read = 0
for (const { bytes } of pack.each())
  read += Number(bytes > 0)
pack.close()
process.stdout.write(`${JSON.stringify({ samples: summary.samples, read, seconds, scannedMb, peakMb: peakMb() })}\n`)

function writeTable(path: string): void {
  const handle = openSync(path, 'w')
  const atOnce = 10_000
  for (let from = 0; from < total; from += atOnce) {
    const lines = Array.from({ length: Math.min(atOnce, total - from) }, (_, i) => [`m.${String(Math.floor((from + i) / 400)).padStart(6, '0')}`, i, 'http://example.org/1.jpg', 'http://example.org', 'FaceId-0', 'AAAA', Buffer.from(`image ${from + i}`).toString('base64')].join('\t'))
    writeSync(handle, `${lines.join('\n')}\n`)
  }
  closeSync(handle)
}

function peakMb(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024
}
