import { expect, it } from 'vitest'
import { refuseUnsafeOps } from '#worker/teachers/refused-ops.ts'

it.each(['ReadFile', 'WriteFile', 'PyFunc', 'TextLineDataset', 'DatasetToTFRecord', 'ExperimentalDatasetToTFRecord', 'InitializeTableFromTextFileV2', 'PrintV2', 'Save', 'RemoteCall', 'FIFOQueueV2', 'SendEmail'])('a model with the op %s is refused by its name', (op) => {
  expect(() => refuseUnsafeOps(['Conv2D', op], 'model.pb')).toThrow(`"${op}", which reaches outside the graph`)
})

it('what networks are made of and saved with passes', () => {
  refuseUnsafeOps(['Conv2D', 'FusedBatchNormV3', 'MatMul', 'Placeholder', 'Relu6', 'ResizeBilinear', 'StatefulPartitionedCall', 'SaveV2', 'RestoreV2', 'MergeV2Checkpoints', 'SaturateCast'], 'model.pb')
})
