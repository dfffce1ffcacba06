import type { Problem } from '#shared/errors.ts'
import type { AugmentationConfig } from '#shared/stages/training.ts'

/** What a loader thread is started with. `first` is the row of a pack's first face. */
export interface LoaderSetting {
  packs: { path: string, indexes: Int32Array, first: number }[]
  /** Side of the faces in a batch. */
  size: number
  /** Side of the faces in the cache. */
  faceSize: number
  cache: SharedArrayBuffer
  /** One flag per cached face, rows 0 and up. */
  filled: SharedArrayBuffer
}

/** A batch to make; `warm` only fills the cache. */
export interface LoaderTask {
  id: number
  rows: Int32Array
  augmentation: AugmentationConfig | null
  seed: number
  warm: boolean
}

export type LoaderReply
  = | { id: number, data: Uint8Array<ArrayBuffer> }
    | { id: number, problem: Problem }
