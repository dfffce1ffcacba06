import type { Signature } from './engine/saved-model.ts'
import type { Tensor, Tensor2D, Tensor4D } from './engine/tf.ts'
import type { FaceNetwork } from './models/face-network.ts'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { FacetError } from '#shared/errors.ts'
import { attr } from './engine/attributes.ts'
import { dtypeCodes } from './engine/dtypes.ts'
import { GraphBuilder } from './engine/graph.ts'
import { tf } from './engine/tf.ts'
import { trace } from './engine/trace.ts'
import { template } from './faces/align.ts'
import { openFaceNetwork } from './models/face-network.ts'
import { runHead } from './models/head.ts'
import { embed, runPortableBackbone } from './models/student-network.ts'

/**
 * Writes a student, or a knowledge on one, as a TensorFlow SavedModel: any number of faces u8 [n, side, side, 3] in, `embedding` f32
 * [n, size] out, with a head also `probabilities` [n, classes or attributes] or `value` [n]. Weights are constants, so that the graph is one file.
 * A README beside it says how faces must be prepared, then `card`: what the host knows of the model's origin, in Markdown.
 *
 * @throws FacetError where the folder is not empty or the model is no network from pixels
 */
export function exportSavedModel({ model, student, into, card }: { model: string, student: string | null, into: string, card: string }): { path: string, files: string[] } {
  if (existsSync(into) && readdirSync(into).length > 0)
    throw new FacetError('bad-input', 'The folder is not empty.', { where: into, hint: 'Give a new or empty folder.' })
  const network = openFaceNetwork(model, student)
  const { bytes, outputs } = serialize(network)
  const temporary = `${into}.tmp-${process.pid}`
  try {
    mkdirSync(temporary, { recursive: true })
    writeFileSync(path.join(temporary, 'saved_model.pb'), bytes, { flush: true })
    writeFileSync(path.join(temporary, 'README.md'), readme(network, outputs, card), { flush: true })
    rmSync(into, { recursive: true, force: true })
    renameSync(temporary, into)
  }
  catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
  return {
    path: into,
    files: ['saved_model.pb', 'README.md'],
  }
}

/** The graph with its signature, and what its outputs are. */
function serialize(network: FaceNetwork): { bytes: Uint8Array, outputs: Record<string, number[]> } {
  const { shape: { input } } = network
  const builder = new GraphBuilder()
  const faces = builder.placeholder('faces', [-1, input, input, 3], 'uint8')
  const cast = builder.op('Cast', [faces], {
    SrcT: attr.type('uint8'),
    DstT: attr.type('float32'),
    Truncate: attr.bool(false),
  })
  return tf.tidy(() => {
    // two faces, so that no side of one is taken for a side of the batch
    const pixels = tf.zeros([2, input, input, 3]) as Tensor4D
    const shapes: Record<string, number[]> = {}
    const signature: Signature = {
      inputs: {
        faces: {
          name: 'faces:0',
          dtype: dtypeCodes.uint8,
          shape: [-1, input, input, 3],
        },
      },
      outputs: {},
    }
    trace(builder, new Map<Tensor, typeof cast>([
      [pixels, cast],
    ]), (refOf) => {
      for (const [name, tensor] of Object.entries(forward(pixels, network))) {
        builder.op('Identity', [
          refOf(tensor),
        ], {
          T: attr.type('float32'),
        }, 1, { name })
        shapes[name] = [
          -1,
          ...tensor.shape.slice(1),
        ]
        signature.outputs[name] = { name: `${name}:0`, dtype: dtypeCodes.float32, shape: shapes[name] }
      }
    })
    return {
      bytes: builder.serialize(signature),
      outputs: shapes,
    } as never
  })
}

/** Everything the network says, in ops that leave the number of faces open. */
function forward(pixels: Tensor4D, { shape, tensors, knowledge }: FaceNetwork): Record<string, Tensor> {
  const weights = constants(tensors)
  const embedding = embed(runPortableBackbone(pixels, weights, shape), weights)
  if (!knowledge)
    return { embedding }
  const { manifest: { clip, head, target }, tensors: own } = knowledge
  const { mean, scale } = standardisation(own['input/mean']!.data as Float32Array, own['input/scale']!.data as Float32Array)
  const features = tf.clipByValue(tf.mul(tf.sub(embedding, mean), scale), -clip, clip) as Tensor2D
  const outputs = runHead(features, constants(Object.fromEntries(Object.entries(own).filter(([name]) => name.startsWith('head/')))), head)
  return target.kind !== 'regression'
    ? {
        embedding,
        probabilities: target.kind === 'classification'
          ? tf.softmax(outputs)
          : tf.sigmoid(outputs),
      }
    : {
        embedding,
        value: tf.clipByValue(tf.add(tf.mul(tf.sum(outputs, 1), target.spread), target.middle), ...target.range),
      }
}

/** z = (x - mean) * scale; a dead unit is 0. */
function standardisation(mean: Float32Array, scale: Float32Array): { mean: Tensor, scale: Tensor } {
  return {
    mean: tf.tensor1d(mean),
    scale: tf.tensor1d(scale.map(value => value > 0
      ? 1 / value
      : 0)),
  }
}

function constants(tensors: Record<string, { data: Float32Array | Int32Array | Uint8Array, shape: number[] }>): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(tensors).map(([name, { data, shape }]) => [
    name,
    tf.tensor(data, shape, 'float32'),
  ]))
}

function readme({ shape: { input }, knowledge }: FaceNetwork, outputs: Record<string, number[]>, card: string): string {
  const points = template(300).map(([x, y]) => `(${x}, ${y})`).join(', ')
  const classes = knowledge?.manifest.classes
  return `# ${knowledge
    ? `${knowledge.manifest.task}, predicted from a face`
    : 'A face, as an embedding'}

TensorFlow SavedModel, tag \`serve\`, signature \`serving_default\`.

| | name | type | shape |
|---|---|---|---|
| in | faces | uint8, RGB 0..255 | [n, ${input}, ${input}, 3] |
${Object.entries(outputs).map(([name, shape]) => `| out | ${name} | float32 | [${[
  'n',
  ...shape.slice(1),
].join(', ')}] |`).join('\n')}
${classes
  ? `\n${knowledge?.manifest.target.kind === 'attributes'
    ? 'Attributes'
    : 'Classes'} of \`probabilities\`, in order: ${classes.join(', ')}. They are not calibrated.\n`
  : ''}${knowledge?.manifest.unit
  ? `\n\`value\` is in ${knowledge.manifest.unit}.\n`
  : ''}
## How a face must be prepared

1. Find the face and its five points: middle of each eye, tip of the nose, corners of the mouth (the image's left first).
2. Turn, scale and shift the photograph (least squares, no reflection) so that the points come to lie at
   ${points} in 300 x 300 pixels; bilinear, edges repeated.
3. Resize to ${input} x ${input} (bicubic, antialiased), RGB, bytes. Nothing is subtracted or divided: the graph does that.

\`\`\`python
import tensorflow as tf
model = tf.saved_model.load('.').signatures['serving_default']
model(faces=tf.zeros([1, ${input}, ${input}, 3], tf.uint8))
\`\`\`

${card.trim()}
`
}
