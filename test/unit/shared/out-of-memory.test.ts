import { expect, it } from 'vitest'
import { batchOf, batchThatFits, readUnplacedTensor, wordOutOfMemory } from '#shared/out-of-memory.ts'

it('reads the tensor from what TensorFlow says of a GPU', () => {
  expect(readUnplacedTensor('Session fail to run with error: OOM when allocating tensor with shape[64,112,112,64] and type float on /job:localhost/replica:0/task:0/device:GPU:0 by allocator GPU_0_bfc\n\t [[{{node conv}}]]'))
    .toEqual({ shape: [64, 112, 112, 64], dtype: 'float', bytes: 205_520_896, place: 'GPU:0' })
  expect(readUnplacedTensor('OOM when allocating tensor with shape[] and type half on /job:localhost/device:CPU:0 by allocator cpu')).toEqual({ shape: [], dtype: 'half', bytes: 2, place: 'CPU:0' })
  expect(readUnplacedTensor('Incompatible shapes: [64,2] vs. [64,3]')).toBe(null)
})

it('halves the batch until twice of what grows with it fits beside the weights', () => {
  // 16 GB with 0.2 GB wanted on top, 0.1 GB of weights: 2 x 16.1 GB / 64 faces = 0.503 GB a face; 32 take 16.2 GB, 16 take 8.2 GB of 14.4 GB.
  expect(batchThatFits({ batch: 64, limitBytes: 16e9, tensorBytes: 0.2e9, fixedBytes: 0.1e9 })).toBe(16)
  // The weights count: with 8 GB of them 16.4 GB grow, 0.2563 GB a face; 32 take 16.2 GB, 16 take 12.1 GB.
  expect(batchThatFits({ batch: 64, limitBytes: 16e9, tensorBytes: 0.2e9, fixedBytes: 8e9 })).toBe(16)
  // A tensor much larger than the memory: 2 x 1016 GB / 64 = 31.75 GB a face.
  expect(batchThatFits({ batch: 64, limitBytes: 16e9, tensorBytes: 1000e9, fixedBytes: 0 })).toBe(null)
  expect(batchThatFits({ batch: 64, limitBytes: 16e9, tensorBytes: 0, fixedBytes: 15e9 })).toBe(null)
  expect(batchThatFits({ batch: 1, limitBytes: 16e9, tensorBytes: 1, fixedBytes: 0 })).toBe(null)
})

it('names the place of the batch in the recipe, by what is trained', () => {
  expect(batchOf('distil', { batch: 32 })).toEqual({ batch: 32, batchPath: 'stages.distil.batch' })
  expect(batchOf('transfer', { batch: 64, encoder: { kind: 'teacher' } }).batchPath).toBe('stages.transfer.batch')
  expect(batchOf('transfer', { batch: 64, encoder: { kind: 'student', mode: 'fine-tune' } }).batchPath).toBe('stages.transfer.fineTune.batch')
  expect(batchOf('transfer', { batch: 32, encoder: { kind: 'p-cnn' } }).batchPath).toBe('stages.transfer.pCnn.batch')
  expect(batchOf('embed', { teachers: [] })).toEqual({ batch: null, batchPath: null })
})

it('a stage without a batch is told to make room', () => {
  const { message, hint } = wordOutOfMemory({ stage: 'embed', key: 'a'.repeat(64), batch: null, batchPath: null, limitBytes: 16e9, gpu: 'Tesla T4', tensor: { shape: [4, 9], dtype: 'float', bytes: 144, place: 'GPU:0' }, fixedBytes: 0 })
  expect(message).toBe('Memory ran out: a tensor of 4 x 9 (float, 0.0 MB) had no room on GPU:0 any more, in the Tesla T4\'s 16.0 GB.')
  expect(hint).toBe('Leave out the largest teacher, or make room: facet resume aaaaaaaaaaaa goes on from the last checkpoint as it is, once other programs have left room.')
})
