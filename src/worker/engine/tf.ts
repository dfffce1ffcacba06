import type * as TensorFlow from '@tensorflow/tfjs-node-gpu'
import type { NodeJSKernelBackend } from '@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js'
import { createRequire } from 'node:module'
import util from 'node:util'
import { FacetError } from '#shared/errors.ts'

export type { DataType, Rank, Scalar, Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-node-gpu'

/** tfjs-node calls util.isNullOrUndefined and util.isArray, which Node 24 no longer has. */
function restoreNodeUtil() {
  const legacy: Record<string, (value: unknown) => boolean> = {
    isNullOrUndefined: value => value === null || value === undefined,
    isArray: Array.isArray,
  }
  for (const [name, test] of Object.entries(legacy)) {
    if (!(name in util))
      Object.assign(util, { [name]: test })
  }
}

function loadTensorFlow(): typeof TensorFlow {
  restoreNodeUtil()
  // TensorFlow reads these once, when its library is loaded; whoever started the process may have set others.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'
  try {
    return createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu') as typeof TensorFlow
  }
  catch (cause) {
    throw new FacetError('engine', `The native engine does not load: ${cause instanceof Error
      ? cause.message.split('\n', 1)[0]
      : String(cause)}`, {
      where: '@tensorflow/tfjs-node-gpu',
      hint: 'Run: npm run setup (or npm run facet -- doctor --fix).',
      cause,
    })
  }
}

/** tfjs on native TensorFlow. */
export const tf = loadTensorFlow()

/** The node backend behind tfjs: its `binding` is the way into TensorFlow's C API. */
export const backend = tf.backend() as NodeJSKernelBackend

/** TensorFlow's own version and the device it computes on, for records and doctor. */
export const engineVersion = backend.binding.TF_Version
export const device: 'cpu' | 'gpu' = backend.isUsingGpuDevice
  ? 'gpu'
  : 'cpu'
