import type { RunEvent } from '#shared/order.ts'
import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { readRemembered } from '#main/front/recent.ts'
import { readActivity } from '#main/runner/activity.ts'
import { listCheckpoints } from '#main/runner/checkpoints.ts'
import { readEvents } from '#main/runner/follow.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { readSafetensors, writeSafetensors } from '#shared/files/safetensors.ts'
import { createCheckpointStore } from '#worker/checkpoint.ts'
import { changedBytes, jsonText } from '../inputs.ts'
import { declareTarget, refused } from '../target.ts'
import { scratch } from './folder.ts'

const folder = scratch('records')
const line = { seq: 3, time: 1_700_000_000_000, attempt: 1 }
const events: RunEvent[] = [
  { ...line, type: 'started', pid: 7, engine: 'TensorFlow', threads: 2, resumedFrom: null },
  { ...line, type: 'metrics', step: 10, values: { loss: 0.5, validationLoss: 0.25 } },
  { ...line, type: 'progress', done: 1, total: 2, unit: 'steps', perSecond: 3 },
  { ...line, type: 'log', level: 'info', text: 'text' },
  { ...line, type: 'heartbeat', memoryBytes: 1000 },
  { ...line, type: 'failed', problem: { code: 'disk', message: 'full' } },
  { ...line, type: 'done', result: { summary: { faces: 3 }, evaluations: [{ scope: 'test', metric: 'mae', value: 1, count: 2, standardError: 0.1, interval: [0, 2] }] }, durationMs: 3, bytes: 4 },
]

export const eventLines = declareTarget({
  name: 'event file lines',
  input: fc.array(jsonText(events), { minLength: 1, maxLength: 3 }).map(lines => `${lines.join('\n')}\n`),
  read: async (text) => {
    const path = join(folder(), 'events.ndjson')
    writeFileSync(path, text)
    const { events: read, offset } = readEvents(path, 0)
    await readActivity(path, 10)
    if (offset > Buffer.byteLength(text))
      throw new Error('internal: read beyond the end')
    return read.length > 0 ? read : refused
  },
})

/** One file for each of the records that Facet writes as JSON. */
export const recordFiles = declareTarget({
  name: 'lock, settings, checkpoint record',
  input: fc.record({
    lock: jsonText([{ pid: 1, started: '5', host: 'here', socket: '/tmp/x', since: 'now', title: 'facet' }]),
    settings: jsonText([{ recent: [{ path: '/w', openedAtMs: 1 }], theme: 'dark', window: { width: 900, height: 600, isMaximized: false } }]),
    record: jsonText([{ step: 3, sha256: 'a', state: { current: { name: 'train', step: 2 } } }]),
  }),
  read: ({ lock, settings, record }) => {
    writeFileSync(join(folder(), 'facet.lock'), lock)
    writeFileSync(join(folder(), 'app.json'), settings)
    writeFileSync(join(folder(), 'checkpoint-1.json'), record)
    writeFileSync(join(folder(), 'checkpoint-1.safetensors'), '')
    const read = [readHolder(join(folder(), 'facet.lock')), readRemembered(join(folder(), 'app.json')), listCheckpoints(folder())]
    return read[0] === null && (read[2] as unknown[]).length === 0 ? refused : read
  },
})

const tensorFile = (() => {
  let bytes: Buffer | undefined
  return (): Buffer => {
    if (bytes === undefined) {
      const path = join(folder(), 'whole.safetensors')
      writeSafetensors(path, {
        weights: { dtype: 'float32', shape: [2, 3], data: new Float32Array(6) },
        steps: { dtype: 'int32', shape: [], data: new Int32Array(1) },
        bytes: { dtype: 'uint8', shape: [5], data: new Uint8Array(5) },
      }, { format: 'facet' })
      bytes = readFileSync(path)
    }
    return bytes
  }
})()

export const tensors = declareTarget({
  name: 'tensor files (safetensors)',
  input: fc.oneof(
    fc.constant(null).chain(() => changedBytes([tensorFile()])),
    jsonText([{ weights: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] }, steps: { dtype: 'I32', shape: [], data_offsets: [24, 28] } }]).map((header) => {
      const text = Buffer.from(header)
      const length = Buffer.alloc(8)
      length.writeBigUInt64LE(BigInt(text.length))
      return Buffer.concat([length, text, Buffer.alloc(28)])
    }),
  ),
  read: (bytes) => {
    const path = join(folder(), 'some.safetensors')
    writeFileSync(path, bytes)
    return readSafetensors(path)
  },
})

export const checkpoints = declareTarget({
  name: 'checkpoints',
  input: fc.record({
    tensors: fc.constant(null).chain(() => fc.oneof(fc.constant(tensorFile()), changedBytes([tensorFile()]))),
    record: jsonText([{ step: 3, state: { epoch: 1 } }]),
    hasRightSum: fc.boolean(),
  }),
  read: async ({ tensors, record, hasRightSum }) => {
    const paths = { tensors: join(folder(), 'run', 'checkpoint-2.safetensors'), record: join(folder(), 'run', 'checkpoint-2.json') }
    rmSync(join(folder(), 'run'), { recursive: true, force: true })
    mkdirSync(join(folder(), 'run'))
    writeFileSync(paths.tensors, tensors)
    writeFileSync(paths.record, hasRightSum ? signed(record, tensors) : record)
    const warnings: string[] = []
    const loaded = await createCheckpointStore(join(folder(), 'run'), text => warnings.push(text)).load()
    if (loaded === null && warnings.length !== 1)
      throw new Error('internal: passed over without a word')
    return loaded ?? refused
  },
})

/** The record with the sum that fits, as somebody who knows the format would forge it. */
function signed(record: string, tensors: Buffer): string {
  try {
    const parsed = JSON.parse(record) as { state?: unknown }
    return JSON.stringify({ ...parsed, sha256: createHash('sha256').update(tensors).update(JSON.stringify(parsed.state)).digest('hex') })
  }
  catch {
    return record
  }
}
