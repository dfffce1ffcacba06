import { Buffer } from 'node:buffer'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openData } from './data-fixture.ts'

let data: ReturnType<typeof openData>
beforeEach(() => { data = openData() })
afterEach(() => data.close())

/** Bytes as the system's own df tells them. */
function df(column: 'avail' | 'size'): number {
  return Number(execFileSync('df', ['--block-size=1', `--output=${column}`, data.workspace.paths.root], { encoding: 'utf8' }).split('\n')[1])
}
/** Others write to the disk meanwhile: as near as this. */
const nearly = 512 << 20

describe('disk use', () => {
  const write = (path: string, bytes: number): void => {
    const file = join(data.workspace.paths.root, path)
    mkdirSync(join(file, '..'), { recursive: true })
    writeFileSync(file, Buffer.alloc(bytes))
  }

  it('is told by what files are for, each counted once, the largest part first', async () => {
    const before = await data.call('disk.usage')
    write('artefacts/faces/a.sqlite', 50_000_000)
    write('artefacts/embeddings/b.sqlite', 2000)
    write('artefacts/models/c/manifest.json', 300)
    write('artefacts/models/c/tensors.safetensors', 70_000)
    write('artefacts/datasets/d.sqlite', 11)
    write('runs/e/events.ndjson', 123)
    write('runs/e/checkpoints/1/state.bin', 77)
    write('backups/old.sqlite', 40)
    write('exported/f.zip', 9)
    const { parts, bytes } = await data.call('disk.usage')
    const of = (name: string) => parts.find(part => part.name === name)
    const beforeOf = (name: string): { bytes: number, files: number } => before.parts.find(part => part.name === name) ?? { bytes: 0, files: 0 }
    expect(of('faces')).toEqual({ name: 'faces', bytes: 50_000_000, files: 1 })
    expect(of('embeddings')).toEqual({ name: 'embeddings', bytes: 2000, files: 1 })
    expect(of('models')).toEqual({ name: 'models', bytes: 70_300, files: 2 })
    expect(of('datasets')).toEqual({ name: 'datasets', bytes: 11, files: 1 })
    expect(of('runs')).toEqual({ name: 'runs', bytes: 200, files: 2 })
    expect(of('database')).toMatchObject({ files: beforeOf('database').files + 1 })
    expect(of('other')).toEqual({ name: 'other', bytes: beforeOf('other').bytes + 9, files: beforeOf('other').files + 1 })
    expect(parts[0]!.name).toBe('faces')
    // every file of the folder, as find sees them
    const files = execFileSync('find', [data.workspace.paths.root, '-type', 'f'], { encoding: 'utf8' }).trim().split('\n')
    expect(parts.reduce((sum, part) => sum + part.files, 0)).toBe(files.length)
    expect(bytes).toBe(files.reduce((sum, file) => sum + statSync(file).size, 0))
  })

  it('tells what is left on the disk', async () => {
    const { freeBytes, totalBytes } = await data.call('disk.usage')
    expect(Math.abs(freeBytes - df('avail'))).toBeLessThan(nearly)
    expect(totalBytes).toBe(df('size'))
  })
})

describe('engine and computer', () => {
  it('are what the system says of itself', async () => {
    const { processor, memory, diskFreeBytes } = await data.call('engine.status')
    expect(processor.cores).toBe(Number(execFileSync('nproc', { encoding: 'utf8' })))
    const [, model] = /^model name[\t ]*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))!
    expect(processor.name).toBe(model!.trim())
    const installed = 1024 * Number(/^MemTotal:\s*(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8'))![1])
    const limit = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'].filter(file => existsSync(file)).map(file => Number(readFileSync(file, 'utf8'))).filter(Number.isFinite)
    expect(memory.totalBytes).toBe(Math.min(installed, ...limit))
    expect(memory.usedBytes).toBeGreaterThan(0)
    expect(memory.usedBytes).toBeLessThan(memory.totalBytes)
    expect(Math.abs(diskFreeBytes - df('avail'))).toBeLessThan(nearly)
  })

  it('is busy while something computes', async () => {
    await data.call('engine.status')
    const start = Date.now()
    let sum = 0
    while (Date.now() - start < 1_500)
      sum += Math.sqrt(sum + 1)
    const { processor } = await data.call('engine.status')
    // one of the cores did nothing else
    expect(processor.load).toBeGreaterThan(0.8 / processor.cores)
    expect(processor.load).toBeLessThanOrEqual(1)
  })

  it('has the version of the TensorFlow that lies in its folder', async () => {
    const { engine } = JSON.parse(execFileSync(process.execPath, [join(import.meta.dirname, '../../../scripts/setup.mjs'), '--status'], { encoding: 'utf8' })) as { engine: string }
    const info = readdirSync(engine).find(name => /^tensorflow(?:_cpu)?-[\d.]+\.dist-info$/.test(name))!
    const [, version] = /^Version: (.*)$/m.exec(readFileSync(join(engine, info, 'METADATA'), 'utf8'))!
    const flavour = info.startsWith('tensorflow_cpu') ? 'CPU' : 'GPU'
    expect(await data.call('engine.status')).toMatchObject({ isReady: true, name: `TensorFlow ${version}, ${flavour}`, remedy: null })
  })
})
