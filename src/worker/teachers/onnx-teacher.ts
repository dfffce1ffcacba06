import type { InferenceSession, Tensor } from 'onnxruntime-node'
import type { Teacher } from '#shared/files/teacher.ts'
import type { TensorData } from '#worker/stage.ts'
import type { OnnxModel } from './onnx-model.ts'
import type { OnnxInput, OnnxNode } from './onnx-parts.ts'
import { FacetError } from '#shared/errors.ts'
import { cutOnnx, findOnnxTensor, readOnnx } from './onnx-model.ts'
import { loadOnnxRuntime, openOnnxSession, wordError } from './onnx-runtime.ts'

/** Where channels stand among the four sides of pictures and maps. */
export type Layout = 'NCHW' | 'NHWC'

/** What a model takes. */
export interface OnnxPicture {
  name: string
  type: 'float32' | 'uint8'
  layout: Layout
  channels: 1 | 3
  /** null where the model takes any. */
  size: number | null
  /** Faces in one run: 1 for a model exported for one picture, null for any. */
  batch: 1 | null
}

const types: Record<number, OnnxPicture['type']> = { 1: 'float32', 2: 'uint8' }

/** How pictures go into a model, by what it says of its input. @throws FacetError where that is no picture, or is left open */
export function pictureOf({ input: { name, type, shape }, path }: OnnxModel): OnnxPicture {
  const wrong = (what: string, hint: string): FacetError => new FacetError('bad-input', `the model's input "${name}" ${what}.`, { where: path, hint })
  const known = types[type]
  if (!known)
    throw wrong(`is of the element type ${type}; a teacher takes float32 or uint8`, 'Convert it so that inputs and outputs stay float32 (keep_io_types=True).')
  if (shape?.length !== 4)
    throw wrong(shape ? `has ${shape.length} sides; pictures have four` : 'says nothing of its sides', 'Export the model for pictures [N, 3, side, side].')
  const [batch, second, third, last] = shape as [number, number, number, number]
  const isColour = (side: number): side is 1 | 3 => side === 1 || side === 3
  if (!isColour(second) && !isColour(last))
    throw wrong(`is [${wordSides(shape)}]: neither its second nor its last side are the 3 (or 1) channels of a picture`, 'Export the model with the number of channels fixed.')
  const layout = isColour(second) ? 'NCHW' : 'NHWC'
  const [height, width] = layout === 'NCHW' ? [third, last] : [second, third]
  if (height !== width)
    throw wrong(`takes pictures of ${wordSides([height, width])}; faces are square`, 'Export the model for square pictures, or with both sides open.')
  if (batch > 1)
    throw wrong(`takes ${batch} pictures at once and no other number`, 'Export the model with its first side open, or 1.')
  return { name, type: known, layout, channels: (layout === 'NCHW' ? second : last) as 1 | 3, size: height > 0 ? height : null, batch: batch === 1 ? 1 : null }
}

function wordSides(sides: readonly number[]): string {
  return sides.map(side => side < 0 ? 'any' : side).join(', ')
}

/** Ops that take and give maps with channels second, whatever the model takes its pictures in. */
const channelsSecondOps = /^(?:Conv|ConvTranspose|ConvInteger|QLinearConv|MaxPool|AveragePool|GlobalAveragePool|GlobalMaxPool|LpPool|BatchNormalization|InstanceNormalization|LRN|SpaceToDepth|DepthToSpace)$/

/** Where channels stand in each tensor of four sides: as in what it was made of, until an op says otherwise. */
export function layoutsOf({ nodes, input }: Pick<OnnxModel, 'nodes'> & { input: Pick<OnnxInput, 'name'> }, picture: Layout): Map<string, Layout> {
  const layouts = new Map<string, Layout>([[input.name, picture]])
  for (const node of nodes) {
    const layout = layoutBehind(node, layouts)
    if (layout) {
      for (const output of node.outputs)
        layouts.set(output, layout)
    }
  }
  return layouts
}

function layoutBehind({ op, inputs, permutation }: OnnxNode, layouts: Map<string, Layout>): Layout | undefined {
  if (channelsSecondOps.test(op))
    return 'NCHW'
  const before = inputs.map(name => layouts.get(name)).find(layout => layout !== undefined)
  switch (op === 'Transpose' ? permutation.join() : '') {
    case '0,3,1,2': return 'NCHW'
    case '0,2,3,1': return 'NHWC'
    default: return before
  }
}

/** An ONNX model of which one tensor is asked. */
export interface OnnxRunner {
  /** pixels f32 [n, size, size, channels], as the manifest normalises them -> f32 [n, ...], maps with channels last or pooled */
  run: (pixels: TensorData) => Promise<TensorData>
  dispose: () => void
}

/**
 * Opens an ONNX teacher: read and checked now, loaded into onnxruntime when it is first asked.
 *
 * @throws FacetError for a damaged or unsafe file, an input that is no such picture, or a tensor that is not there
 */
export function openOnnxTeacher(teacher: Teacher): OnnxRunner {
  const { manifest, model: path } = teacher
  const model = readOnnx(path)
  const picture = pictureOf(model)
  const { node, pool } = manifest.embedding
  findOnnxTensor(model, node)
  checkInput(teacher, picture)
  const isChannelsSecond = layoutsOf(model, picture.layout).get(node) === 'NCHW'
  const bytes = cutOnnx(model, [node])
  let session: Promise<InferenceSession> | null = null
  return {
    async run(pixels) {
      session ??= openOnnxSession(bytes, path)
      const answer = await ask(await session, node, picture, pixels, path)
      return answer.shape.length === 4 ? channelsLast(answer, isChannelsSecond, pool === 'average') : answer
    },
    dispose() {
      void session?.then(open => open.release(), () => {})
    },
  }
}

function checkInput({ manifest: { name, input }, path }: Teacher, { size, channels, type }: OnnxPicture): void {
  if (size !== null && size !== input.size)
    throw new FacetError('bad-input', `input.size of teacher "${name}" is ${input.size}; the model takes ${size}.`, { where: path, hint: `Set input.size to ${size}.` })
  if ((channels === 1) !== (input.color === 'gray'))
    throw new FacetError('bad-input', `input.color of teacher "${name}" is ${input.color}; the model takes ${channels} channel${channels === 1 ? '' : 's'}.`, { where: path, hint: `Set input.color to ${channels === 1 ? 'gray' : 'rgb or bgr'}.` })
  if (type === 'uint8' && [...input.mean, ...input.std.map(value => value - 1)].some(value => value !== 0))
    throw new FacetError('bad-input', `teacher "${name}" takes bytes; input.mean and input.std would make other numbers of them.`, { where: path, hint: 'Set input.mean to [0] and input.std to [1].' })
}

/** Asks for the tensor; one face after the other where the model takes no more. */
async function ask(session: InferenceSession, output: string, picture: OnnxPicture, { shape, data }: TensorData, where: string): Promise<TensorData> {
  const [n, side, , channels] = shape as [number, number, number, number]
  const most = picture.batch ?? n
  const length = side * side * channels
  const answers: TensorData[] = []
  for (let i = 0; i < n; i += most)
    answers.push(await runOnce(session, output, await toTensor(picture, (data as Float32Array).subarray(i * length, (i + most) * length), [most, side, side, channels]), picture, where))
  const [first] = answers as [TensorData]
  if (answers.length === 1)
    return first
  if (first.shape[0] !== 1)
    return first
  const joined = new Float32Array(answers.length * first.data.length)
  answers.forEach((answer, i) => joined.set(answer.data, i * first.data.length))
  return { dtype: 'float32', shape: [n, ...first.shape.slice(1)], data: joined }
}

async function runOnce(session: InferenceSession, output: string, fed: Tensor, { name }: OnnxPicture, where: string): Promise<TensorData> {
  let answer: Tensor
  try {
    answer = (await session.run({ [name]: fed }, [output]))[output] as Tensor
  }
  catch (cause) {
    throw new FacetError('bad-input', `onnxruntime could not run the model: ${wordError(cause)}`, { where, hint: 'Check input.size, and that the model takes the pictures it says it does.', cause })
  }
  if (answer.type !== 'float32')
    throw new FacetError('bad-input', `the tensor "${output}" is of ${answer.type}; an embedding is of float32.`, { where, hint: 'Choose another node.' })
  return { dtype: 'float32', shape: [...answer.dims], data: answer.data as Float32Array }
}

/** Pictures as a model takes them: their sides in its order, bytes where it takes bytes. f32 [n, size, size, channels] */
export async function toTensor({ type, layout }: OnnxPicture, pixels: Float32Array, [n, side, , channels]: [number, number, number, number]): Promise<Tensor> {
  const { Tensor } = await loadOnnxRuntime()
  const ordered = layout === 'NCHW' ? channelsSecond(pixels, n, side * side, channels) : pixels
  const shape = layout === 'NCHW' ? [n, channels, side, side] : [n, side, side, channels]
  return type === 'uint8'
    ? new Tensor('uint8', Uint8Array.from(ordered, value => Math.max(0, Math.min(255, Math.round(value)))), shape)
    : new Tensor('float32', Float32Array.from(ordered), shape)
}

/** [n, places, channels] -> [n, channels, places] */
function channelsSecond(pixels: Float32Array, n: number, places: number, channels: number): Float32Array {
  const moved = new Float32Array(pixels.length)
  for (let i = 0; i < n; i++) {
    for (let place = 0; place < places; place++) {
      for (let c = 0; c < channels; c++)
        moved[(i * channels + c) * places + place] = pixels[(i * places + place) * channels + c]!
    }
  }
  return moved
}

/** A map with its channels last, or its mean over places: [n, c, h, w] or [n, h, w, c] -> [n, h, w, c] or [n, c] */
function channelsLast({ shape, data }: TensorData, isChannelsSecond: boolean, isPooled: boolean): TensorData {
  const [n, a, b, c] = shape as [number, number, number, number]
  const [height, width, channels] = isChannelsSecond ? [b, c, a] : [a, b, c]
  const places = height * width
  if (!isPooled)
    return { dtype: 'float32', shape: [n, height, width, channels], data: isChannelsSecond ? channelsSecond(data as Float32Array, n, channels, places) : data }
  const pooled = new Float32Array(n * channels)
  for (let row = 0; row < n * channels; row++) {
    const [face, channel] = [Math.floor(row / channels), row % channels]
    let sum = 0
    for (let place = 0; place < places; place++)
      sum += data[isChannelsSecond ? row * places + place : (face * places + place) * channels + channel]!
    pooled[row] = sum / places
  }
  return { dtype: 'float32', shape: [n, channels], data: pooled }
}
