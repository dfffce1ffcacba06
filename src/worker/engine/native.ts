import type { TFEOpAttr } from '@tensorflow/tfjs-node-gpu/dist/tfjs_binding.js'
import type { Tensor } from './tf.ts'
import { backend } from './tf.ts'

const { binding } = backend

/** Attributes in the form that the binding takes. */
export const nativeAttr = {
  type: (name: string, value: 'float32' | 'int32'): TFEOpAttr => ({
    name,
    type: binding.TF_ATTR_TYPE,
    value: value === 'float32'
      ? binding.TF_FLOAT
      : binding.TF_INT32,
  }),
  bool: (name: string, value: boolean): TFEOpAttr => ({ name, type: binding.TF_ATTR_BOOL, value }),
  float: (name: string, value: number): TFEOpAttr => ({ name, type: binding.TF_ATTR_FLOAT, value }),
  string: (name: string, value: string): TFEOpAttr => ({ name, type: binding.TF_ATTR_STRING, value }),
}

/** Runs one of TensorFlow's ops with float32 as its T. tfjs knows no gradient of it: call it inside tf.customGrad. */
export function nativeOp<T extends Tensor = Tensor>(name: string, inputs: Tensor[], attributes: TFEOpAttr[] = []): T {
  return backend.executeSingleOutput(name, [
    nativeAttr.type('T', 'float32'),
    ...attributes,
  ], inputs) as T
}

/** As `nativeOp`, for an op with several outputs. */
export function nativeOps(name: string, inputs: Tensor[], attributes: TFEOpAttr[], outputs: number): Tensor[] {
  return backend.executeMultipleOutputs(name, [
    nativeAttr.type('T', 'float32'),
    ...attributes,
  ], inputs, outputs)
}
