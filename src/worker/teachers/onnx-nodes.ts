import type { InspectedModel, NodeView } from '#shared/teacher-views.ts'
import type { OnnxModel } from './onnx-model.ts'
import type { OnnxNode } from './onnx-parts.ts'
import type { Layout, OnnxPicture } from './onnx-teacher.ts'
import { FacetError } from '#shared/errors.ts'
import { suggest, viewOf } from './candidate-nodes.ts'
import { cutOnnx, readOnnx } from './onnx-model.ts'
import { openOnnxSession, wordError } from './onnx-runtime.ts'
import { layoutsOf, pictureOf, toTensor } from './onnx-teacher.ts'

/** Ops whose answers are no tensors. */
const noTensor = /^(?:Sequence.*|SplitToSequence|Optional.*)$/
const float32 = 1
/** Pictures in the trial run, as of candidate-nodes.ts: a side of 3 tells the batch from other sides. */
const trialBatch = 3

/**
 * An ONNX model's input, weights and tensors with their shapes, found by running it once on grey pictures.
 *
 * @param path
 * @param size  side of these pictures where the model takes any
 * @throws FacetError where the file is damaged or unsafe, or does not take such a picture
 */
export async function inspectOnnx(path: string, size: number): Promise<Pick<InspectedModel, 'input' | 'parameters' | 'ops' | 'nodes'>> {
  const model = readOnnx(path)
  const picture = pictureOf(model)
  return {
    input: { size: picture.size, channels: picture.channels },
    parameters: countOnnxParameters(model),
    ops: model.nodes.length,
    nodes: await nodesOf(model, picture, picture.size ?? size),
  }
}

/** Numbers of all float32 weights. */
export function countOnnxParameters({ weights }: OnnxModel): number {
  return weights.filter(({ type }) => type === float32).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0)
}

/** Tensors that depend on the picture, with the node that gives each. */
function candidates({ nodes, input }: OnnxModel): { name: string, op: string }[] {
  const reached = new Set([input.name])
  return nodes.filter((node: OnnxNode) => {
    const isReached = node.reads.some(name => reached.has(name))
    if (isReached)
      node.outputs.forEach(name => reached.add(name))
    return isReached && !noTensor.test(node.op)
  }).flatMap(({ outputs, op }) => outputs.filter(name => name !== '').map(name => ({ name, op })))
}

async function nodesOf(model: OnnxModel, picture: OnnxPicture, side: number): Promise<NodeView[]> {
  const tensors = candidates(model)
  const shapes = await shapesOf(model, tensors.map(({ name }) => name), picture, side)
  const layouts = layoutsOf(model, picture.layout)
  const found = tensors.flatMap(({ name, op }) => {
    const [batch, ...shape] = shapes.get(name) ?? []
    return batch === (picture.batch ?? trialBatch) && shape.length > 0 ? [{ name, op, shape, layout: layouts.get(name) }] : []
  })
  // suggestions are chosen by shapes with channels last; shown are those of the file
  return suggest(found.map(({ name, op, shape, layout }) => viewOf(name, op, channelsLast(shape, layout)))).map((view, i) => ({ ...view, shape: found[i]!.shape }))
}

function channelsLast(shape: number[], layout: Layout | undefined): number[] {
  return shape.length === 3 && layout === 'NCHW' ? [...shape.slice(1), shape[0]!] : shape
}

/** Shapes of the float32 ones among tensors, for one run. */
async function shapesOf(model: OnnxModel, names: string[], picture: OnnxPicture, side: number): Promise<Map<string, number[]>> {
  if (names.length === 0)
    throw new FacetError('bad-input', 'No node of the graph depends on its input.', { where: model.path })
  const shapeOf = new Map(names.map((name, i) => [`facet/shape/${i}`, name]))
  const session = await openOnnxSession(cutOnnx(model, names, Object.fromEntries(shapeOf)), model.path, false)
  try {
    const floats = new Set(session.outputMetadata.filter(each => each.isTensor && each.type === 'float32').map(({ name }) => name))
    const n = picture.batch ?? trialBatch
    const fed = await toTensor(picture, new Float32Array(n * side * side * picture.channels).fill(0.5), [n, side, side, picture.channels])
    const answers = await session.run({ [picture.name]: fed }, [...shapeOf.keys()])
    return new Map([...shapeOf].filter(([, name]) => floats.has(name)).map(([shape, name]) => [name, [...answers[shape]!.data as BigInt64Array].map(Number)]))
  }
  catch (cause) {
    throw new FacetError('bad-input', `The model does not take pictures of ${side} x ${side} x ${picture.channels}: ${wordError(cause)}`, { where: model.path, hint: 'Give the side that the model was made for.', cause })
  }
  finally {
    await session.release()
  }
}
