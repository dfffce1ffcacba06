// Proves that the engine works: loads TensorFlow through the binding and multiplies two matrices. Run by the pinned Node.
// Prints one JSON document: { version, tfjs, isGpu, seconds }.
const process = require('node:process')
const util = require('node:util')

process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true'
// tfjs-node calls two functions that Node 24 no longer has.
Object.assign(util, {
  isNullOrUndefined: value => value === null || value === undefined,
  isArray: Array.isArray,
})

const started = performance.now()
const tf = require('@tensorflow/tfjs-node-gpu')

const product = tf.matMul([
  [1, 2],
  [3, 4],
], [
  [5, 6],
  [7, 8],
]).dataSync()
if (product.join() !== '19,22,43,50')
  throw new Error(`the product of two small matrices came out as ${product.join()}, it is 19,22,43,50`)
const backend = tf.backend()
console.log(JSON.stringify({
  version: backend.binding.TF_Version,
  tfjs: tf.version_core,
  isGpu: Boolean(backend.isUsingGpuDevice),
  seconds: (performance.now() - started) / 1000,
}))
