import type { Teacher } from '#shared/files/teacher.ts'
import type { TeacherManifest } from '#shared/manifest.ts'
import type { NodeRef, Session } from '#worker/engine/graph.ts'
import type { TensorData } from '#worker/stage.ts'
import type { GraphNode } from './tfjs-model.ts'
import { FacetError } from '#shared/errors.ts'
import { attr, GraphBuilder } from '#worker/engine/graph.ts'
import { device } from '#worker/engine/tf.ts'
import { readFaceApiNet } from './face-api.ts'
import { importGraphModel } from './graph-model.ts'
import { graphLayers } from './layers.ts'
import { findNode } from './model-nodes.ts'
import { openOnnxTeacher } from './onnx-teacher.ts'
import { preprocess } from './preprocess.ts'
import { openSavedModel } from './saved-model.ts'
import { readTfjsModel } from './tfjs-model.ts'

/** Side of an aligned face; crops in manifests are in its pixels. */
export const faceSize = 300
const facePixels = faceSize * faceSize * 3

/**
 * Faces worth giving in one batch. On a CPU four leave the widest activations in its cache: the six teachers of the real sample took a
 * twentieth less time than with 16. A GPU wants more at once.
 */
export const facesAtOnce = device === 'gpu' ? 64 : 4

/** Several teachers over one batch of faces. */
export interface Teachers {
  /** In the order given, which is the order of concatenation. */
  columns: { name: string, dimension: number }[]
  /** Faces u8 [n, 300, 300, 3] RGB -> per teacher f32 [n, dimension]. Decoded once, all teachers in one run of one graph. */
  run: (faces: Uint8Array, n: number) => Promise<Record<string, Float32Array>>
  /** Multiply-adds of one face by all of them; null where one keeps its own graph. */
  multiplyAdds: () => number | null
  dispose: () => void
}

function checkSize({ manifest, path }: Teacher, takes: number, node: string): void {
  if (takes > 0 && takes !== manifest.input.size)
    throw new FacetError('bad-input', `input.size of teacher "${manifest.name}" is ${manifest.input.size}; ${node} takes ${takes}.`, { where: path, hint: `Set input.size to ${takes}.` })
}

/** The side that a placeholder takes, 0 where it takes any. */
function placeholderSide(node: GraphNode): number {
  const dims = (node.attr.shape?.shape as { dim?: { size: string }[] } | undefined)?.dim
  return Math.max(0, Number(dims?.[1]?.size ?? 0))
}

function addTfjsModel(builder: GraphBuilder, teacher: Teacher, input: NodeRef): NodeRef {
  const { manifest, model: path } = teacher
  const model = readTfjsModel(path)
  findNode(model, manifest.embedding.node)
  const placeholder = [
    ...model.nodes.values(),
  ].find(({ op }) => op === 'Placeholder')
  if (placeholder)
    checkSize(teacher, placeholderSide(placeholder), `the graph's input "${placeholder.name}"`)
  return importGraphModel(builder, model, {
    input,
    outputs: [manifest.embedding.node],
    weights: 'constant',
    prefix: manifest.name,
  })[0]!
}

function addFaceApiNet(builder: GraphBuilder, teacher: Teacher, input: NodeRef): NodeRef {
  const { manifest } = teacher
  const net = readFaceApiNet(teacher.model)
  if (manifest.embedding.node !== net.node)
    throw new FacetError('bad-input', `the network has no node "${manifest.embedding.node}"; it has ${net.node}.`, { where: teacher.path })
  checkSize(teacher, net.size, 'the network')
  return net.apply(graphLayers(builder), input, (name) => {
    const weight = net.weights[name]!
    return builder.constant(weight.data, weight.shape, 'float32', `${manifest.name}/${name}`)
  })
}

/** A SavedModel or an ONNX model keeps its own graph: ours gives it its input, and the embedding is what it answers. */
interface OwnGraph { run: (input: TensorData) => TensorData | Promise<TensorData>, dispose: () => void }
interface Part { teacher: Teacher, fetch: string, own?: OwnGraph }

function pool(builder: GraphBuilder, embedding: NodeRef, { embedding: { pool } }: TeacherManifest): NodeRef {
  return pool === 'none'
    ? embedding
    : graphLayers(builder).mean(embedding)
}

function buildGraph(teachers: readonly Teacher[]): { session: Session, parts: Part[] } {
  const builder = new GraphBuilder()
  const pixels = builder.placeholder('faces', [-1, faceSize, faceSize, 3], 'uint8')
  const inputs = new Map<string, NodeRef>()
  const parts = teachers.map((teacher): Part => {
    const { manifest } = teacher
    const key = JSON.stringify(manifest.input) // teachers framed alike share crop, resize and colour
    const input = inputs.get(key) ?? preprocess(builder, pixels, manifest.input)
    inputs.set(key, input)
    if (manifest.format === 'saved-model' || manifest.format === 'onnx') {
      return {
        teacher,
        fetch: input.node,
        own: manifest.format === 'onnx' ? openOnnxTeacher(teacher) : openSavedModel(teacher),
      }
    }
    const embedding = manifest.format === 'tfjs-graph'
      ? addTfjsModel(builder, teacher, input)
      : addFaceApiNet(builder, teacher, input)
    const named = builder.op('Identity', [
      pool(builder, embedding, manifest),
    ], {
      T: attr.type('float32'),
    }, 1, { name: `embedding/${manifest.name}` })
    return { teacher, fetch: named.node }
  })
  return {
    session: builder.load(),
    parts,
  }
}

function checkShape({ manifest, path }: Teacher, shape: readonly number[], n: number): void {
  const { node, dimension, pool } = manifest.embedding
  if (shape.length === 2 && shape[0] === n && shape[1] === dimension)
    return
  if (shape.length === 4 && pool === 'none')
    throw new FacetError('bad-input', `teacher "${manifest.name}" gave [${shape.join(', ')}] at ${node}: rows and columns, not one row of numbers per face.`, { where: path, hint: `Set embedding.pool to average and embedding.dimension to ${shape[3]}.` })
  if (shape.length === 2 && shape[0] === n)
    throw new FacetError('bad-input', `teacher "${manifest.name}" gave ${shape[1]} numbers per face, its manifest says ${dimension}.`, { where: path, hint: `Set embedding.dimension to ${shape[1]}, or embedding.node to the node meant.` })
  throw new FacetError('bad-input', `teacher "${manifest.name}" gave [${shape.join(', ')}] for ${n} faces at ${node}; an embedding is [faces, ${dimension}].`, { where: path, hint: 'Choose a node whose first dimension is the batch.' })
}

/**
 * Puts teachers into one native graph over one uint8 batch: crop, resize, colour and normalisation are in it, weights are constants.
 * A node, size or dimension that does not fit is refused here or at the first run, saying what there is.
 *
 * @param teachers as `readTeacher` gives them, in the order of concatenation
 */
export function buildTeachers(teachers: readonly Teacher[]): Teachers {
  const { session, parts } = buildGraph(teachers)
  const fetches = [
    ...new Set(parts.map(({ fetch }) => fetch)),
  ]
  return {
    columns: teachers.map(({ manifest }) => ({ name: manifest.name, dimension: manifest.embedding.dimension })),
    async run(faces, n) {
      if (faces.length !== n * facePixels)
        throw new FacetError('internal', `internal: ${faces.length} bytes for ${n} faces of ${faceSize}x${faceSize}.`)
      const outputs = session.compute({
        faces: {
          dtype: 'uint8',
          shape: [n, faceSize, faceSize, 3],
          data: faces,
        },
      }, fetches)
      const embeddings: Record<string, Float32Array> = {}
      for (const { teacher, fetch, own } of parts) {
        const output = outputs[fetches.indexOf(fetch)]!
        const { shape, data } = own ? await own.run(output) : output
        checkShape(teacher, shape, n)
        embeddings[teacher.manifest.name] = data as Float32Array
      }
      return embeddings
    },
    multiplyAdds: () => parts.some(({ own }) => own)
      ? null
      : session.multiplyAdds({ faces: { dtype: 'uint8', shape: [1, faceSize, faceSize, 3], data: new Uint8Array(facePixels) } }),
    dispose() {
      session.dispose()
      for (const { own } of parts)
        own?.dispose()
    },
  }
}
