import type { Start } from '../bench.ts'
import { read, readText } from '../bench.ts'
import { floats } from '../numbers.ts'
import { openOnnx } from '../onnx-session.ts'

/** faceres in onnxruntime, channels first. */
export const start: Start = async (work) => {
  const batch = read(work, 'batch')
  const { session, Tensor, version } = await openOnnx(readText(work, 'model'))
  const faces = new Tensor('float32', floats(batch * 3 * 224 * 224), [batch, 3, 224, 224])
  return {
    version,
    run: async () => { await session.run({ [session.inputNames[0]!]: faces }) },
  }
}
