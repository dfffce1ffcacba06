import type { UnplacedTensor } from '#shared/out-of-memory.ts'
import { FacetError } from '#shared/errors.ts'
import { readUnplacedTensor } from '#shared/out-of-memory.ts'

/** TensorFlow had no memory for a tensor. */
export class EngineOutOfMemory extends FacetError {
  readonly tensor: UnplacedTensor
  /** Weights and the optimizer's memory of the graph that ran. */
  readonly fixedBytes: number

  constructor(tensor: UnplacedTensor, fixedBytes: number, cause: unknown) {
    super('engine', `Memory ran out for a tensor of ${tensor.shape.join(' x ')}.`, { cause })
    this.tensor = tensor
    this.fixedBytes = fixedBytes
  }
}

/** Any thrown value as an EngineOutOfMemory, where that is what it says; null where it is something else. */
export function outOfMemoryOf(error: unknown, fixedBytes = 0): EngineOutOfMemory | null {
  if (error instanceof EngineOutOfMemory)
    return error
  const tensor = error instanceof Error ? readUnplacedTensor(error.message) : null
  return tensor && new EngineOutOfMemory(tensor, fixedBytes, error)
}
