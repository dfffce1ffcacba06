import type { NodeRef, Session } from '#worker/engine/graph.ts'
import type { Candidate } from './blazeface.ts'
import type { Point } from './image.ts'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { attr, GraphBuilder } from '#worker/engine/graph.ts'
import { importGraphModel } from '#worker/teachers/graph-model.ts'
import { decodeFaces, DETECTION_SIZE } from './blazeface.ts'

/** Side of facemesh's input in pixels. */
export const MESH_SIZE = 192

/** Points of the mesh that make the five key points: eyes are means of their corners, then the nose's tip, the mouth's corners (image left first). */
const KEY_POINTS = [
  [33, 133],
  [362, 263],
  [1],
  [61],
  [291],
] as const
const MESH_NUMBERS = 468 * 3

export interface Mesh {
  /** 0 to 1 */
  score: number
  /** Five key points in pixels of the input. */
  points: Point[]
}

/** Detector and mesh as native graphs. Bytes in, few numbers out; any batch size. */
export interface FaceNetworks {
  /** u8 [n, 256, 256, 3] -> the faces of each image, best first. */
  detect: (images: Uint8Array, minScore: number) => Candidate[][]
  /** u8 [n, 192, 192, 3] of upright faces -> a mesh each. */
  mesh: (crops: Uint8Array) => Mesh[]
  dispose: () => void
}

/**
 * Loads blazeface (back camera, 256) and facemesh from the package @vladmandic/human (MIT).
 * @throws FacetError when the engine or a model file is missing
 */
export function loadFaceNetworks(): FaceNetworks {
  const models = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/human')), '..', 'models')
  const detector = loadNetwork(join(models, 'blazeface.json'), DETECTION_SIZE, { divide: 127.5, subtract: 1 }, [
    'Identity',
    'Identity_1',
    'Identity_2',
    'Identity_3',
  ])
  const mesh = loadNetwork(join(models, 'facemesh.json'), MESH_SIZE, { divide: 255, subtract: 0 }, ['Identity_1', 'Identity_2'])
  return {
    detect: (images, minScore) => {
      const { count, outputs } = detector.run(images)
      const part = (output: number, i: number) => {
        const length = outputs[output]!.length / count
        return outputs[output]!.subarray(i * length, (i + 1) * length)
      }
      return Array.from({ length: count }, (_, i) => decodeFaces([
        part(0, i),
        part(1, i),
      ], [
        part(2, i),
        part(3, i),
      ], minScore))
    },
    mesh: (crops) => {
      const { count, outputs: [scores, points] } = mesh.run(crops)
      return Array.from({ length: count }, (_, i) => ({
        score: scores![i]!,
        points: keyPoints(points!.subarray(i * MESH_NUMBERS, (i + 1) * MESH_NUMBERS)),
      }))
    },
    dispose: () => {
      detector.session.dispose()
      mesh.session.dispose()
    },
  }
}

function keyPoints(mesh: Float32Array): Point[] {
  return KEY_POINTS.map((indexes) => {
    const mean = (axis: number) => indexes.reduce((sum, index) => sum + mesh[3 * index + axis]!, 0) / indexes.length
    return [
      mean(0),
      mean(1),
    ]
  })
}

function loadNetwork(path: string, side: number, { divide, subtract }: { divide: number, subtract: number }, outputs: string[]): { session: Session, run: (images: Uint8Array) => { count: number, outputs: Float32Array[] } } {
  const builder = new GraphBuilder()
  const bytes = builder.placeholder('images', [-1, side, side, 3], 'uint8')
  const pixels = builder.op('Cast', [bytes], {
    SrcT: attr.type('uint8'),
    DstT: attr.type('float32'),
    Truncate: attr.bool(false),
  })
  const binary = (op: string, left: NodeRef, value: number) => builder.op(op, [
    left,
    builder.constant([value], [], 'float32'),
  ], {
    T: attr.type('float32'),
  })
  const input = binary('Sub', binary('RealDiv', pixels, divide), subtract)
  const fetches = importGraphModel(builder, path, {
    input,
    outputs,
    weights: 'constant',
    prefix: 'net',
  }).map(({ node, index }) => `${node}:${index}`)
  const session = builder.load()
  return {
    session,
    run: (images) => {
      const count = images.length / (side * side * 3)
      const results = session.compute({
        images: {
          dtype: 'uint8',
          shape: [count, side, side, 3],
          data: images,
        },
      }, fetches)
      return {
        count,
        outputs: results.map(({ data }) => data as Float32Array),
      }
    },
  }
}
