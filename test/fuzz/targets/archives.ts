import { Buffer } from 'node:buffer'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { normalize } from 'node:path/posix'
import { Readable } from 'node:stream'
import { readTar, writeTar } from '#main/archive/tar.ts'
import { changedBytes } from '../inputs.ts'
import { declareTarget } from '../target.ts'
import { scratch } from './folder.ts'

const folder = scratch('archives')

/** An archive of two files, as an export writes it. */
async function sample(): Promise<Buffer> {
  const path = join(folder(), 'whole.tar')
  const files = [['facet-study.json', '{}'], ['runs/abc/events.ndjson', 'x'.repeat(600)]] as const
  await writeTar(path, files.map(([name, text]) => ({ name, bytes: text.length, content: Readable.from([Buffer.from(text)]) })))
  return readFileSync(path)
}
const whole = await sample()
/** The sum of a header made right again, as somebody who forges one would. */
function withSum(bytes: Buffer): Buffer {
  if (bytes.length < 512)
    return bytes
  bytes.fill(' ', 148, 156)
  const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return bytes
}

export const archives = declareTarget({
  name: 'archives of studies (tar)',
  input: changedBytes([whole, whole.subarray(0, 1024)]).map(withSum),
  show: bytes => bytes.toString('base64'),
  read: async (bytes) => {
    const path = join(folder(), 'some.tar')
    writeFileSync(path, bytes)
    const names: string[] = []
    for await (const { name, content } of readTar(path, folder())) {
      for await (const part of content) {
        if (part.length > bytes.length)
          throw new Error('internal: more than there is')
      }
      if (/^(?:\/|\.\.(?:\/|$))/.test(normalize(name)))
        throw new Error(`internal: a file called ${name}`)
      names.push(name)
    }
    return names
  },
})
