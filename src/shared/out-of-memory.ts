import type { Problem } from './errors.ts'
import type { StageName } from './stages/declare.ts'

/** A tensor for which there was no memory. */
export interface UnplacedTensor { shape: number[], dtype: string, bytes: number, place: string }

/** What is known of a step that did not fit. */
export interface OutOfMemory {
  stage: StageName
  key: string
  /** Faces in one step; null where the stage has none to set. */
  batch: number | null
  /** Where the recipe sets it. */
  batchPath: string | null
  /** Of the GPU, or of the machine. */
  limitBytes: number
  /** The GPU's name; null: main memory. */
  gpu: string | null
  /** null where the system ended the process before it could say. */
  tensor: UnplacedTensor | null
  /** Weights with the optimizer's memory: what no batch makes smaller. */
  fixedBytes: number
}

const itemBytes: Record<string, number> = { float: 4, double: 8, half: 2, bfloat16: 2, int32: 4, int64: 8, uint8: 1, int8: 1, bool: 1 }

/** The tensor that TensorFlow could not place, as its message names it; null where the message is about something else. */
export function readUnplacedTensor(message: string): UnplacedTensor | null {
  const found = /OOM when allocating tensor with shape\s?\[([\d,\s]*)\] and type (\w+) on (\S+)/.exec(message)
  if (!found)
    return null
  const [, sides, dtype, place] = found as unknown as [string, string, string, string]
  const shape = sides.split(',').filter(side => side.trim() !== '').map(Number)
  return {
    shape,
    dtype,
    bytes: shape.reduce((product, side) => product * side, itemBytes[dtype] ?? 4),
    place: /device:(\w+:\d+)/.exec(place)?.[1] ?? place,
  }
}

/** Share of the memory that is counted on: the rest goes to fragments, other programs and the runtime itself. */
const usable = 0.9

/**
 * The largest half, quarter, eighth ... of a batch that should fit; null where not even one face would.
 * When the tensor failed, at least limit + tensor were wanted, of which all but `fixedBytes` grows with the batch. The backward
 * pass may have wanted as much again, so twice that is reckoned with.
 */
export function batchThatFits({ batch, limitBytes, tensorBytes, fixedBytes }: { batch: number, limitBytes: number, tensorBytes: number, fixedBytes: number }): number | null {
  const perFace = 2 * Math.max(0, limitBytes + tensorBytes - fixedBytes) / batch
  for (let fitting = Math.floor(batch / 2); fitting >= 1; fitting = Math.floor(fitting / 2)) {
    if (fixedBytes + perFace * fitting <= usable * limitBytes)
      return fitting
  }
  return null
}

/** Where a run's recipe sets its batch, and how large it is; nulls where its stage has none. */
export function batchOf(stage: StageName, config: unknown): { batch: number | null, batchPath: string | null } {
  const { batch, encoder } = config as { batch?: unknown, encoder?: { kind?: string, mode?: string } }
  if (typeof batch !== 'number')
    return { batch: null, batchPath: null }
  if (stage === 'combine') // a list in the recipe
    return { batch, batchPath: 'batch of this combiner under stages.combine' }
  const group = encoder?.kind === 'p-cnn' ? 'pCnn.' : encoder?.kind === 'scratch' || encoder?.mode === 'fine-tune' ? 'fineTune.' : ''
  return { batch, batchPath: `stages.${stage}.${group}batch` }
}

/** The sentence for a step that did not fit: what was too large, where, and the batch that would fit with how it was found. */
export function wordOutOfMemory({ stage, key, batch, batchPath, limitBytes, gpu, tensor, fixedBytes }: OutOfMemory): Pick<Problem, 'message' | 'hint'> {
  const where = gpu ? `the ${gpu}'s ${size(limitBytes)}` : `the ${size(limitBytes)} of main memory`
  const asked = tensor
    ? `Memory ran out: a tensor of ${tensor.shape.join(' x ') || '1'} (${tensor.dtype}, ${size(tensor.bytes)}) had no room on ${tensor.place} any more`
    : 'Memory ran out: the system ended the worker for it'
  const message = `${asked}, in ${where}${batch === null ? '' : `, with a batch of ${batch}`}.`
  const resume = `facet resume ${key.slice(0, 12)} goes on from the last checkpoint as it is, once other programs have left room.`
  if (batch === null)
    return { message, hint: `${stage === 'embed' ? 'Leave out the largest teacher, or make room: ' : 'Make room: '}${resume}` }
  const fitting = batchThatFits({ batch, limitBytes, tensorBytes: tensor?.bytes ?? 0, fixedBytes })
  return {
    message,
    hint: fitting === null
      ? `Not even a batch of 1 would fit beside ${size(fixedBytes)} of weights and optimizer: make the network smaller. ${resume}`
      : `A batch of ${fitting} should fit (halved until twice of what grows with it${fixedBytes > 0 ? `, with ${size(fixedBytes)} of weights and optimizer,` : ''} takes at most ${100 * usable} %): set ${batchPath} to ${fitting} in the recipe and run the study again, which keeps all that does not depend on it. ${resume}`,
  }
}

function size(bytes: number): string {
  if (bytes >= 1e12)
    return `${(bytes / 1e12).toFixed(1)} TB`
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
}
