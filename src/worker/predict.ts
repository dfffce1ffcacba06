import type { PredictedFace, Prediction, PredictRequest, PredictResult } from '#shared/predict.ts'
import type { Face } from './faces/detect.ts'
import type { FaceNetwork } from './models/face-network.ts'
import { Buffer } from 'node:buffer'
import { performance } from 'node:perf_hooks'
import { createDetector } from './faces/detect.ts'
import { faceAt } from './faces/face-at.ts'
import { alignFace, inPhotograph, openPhotograph } from './faces/photograph.ts'
import { openFaceNetwork } from './models/face-network.ts'
import { studentEncoder } from './models/student.ts'
import { predictFeatures } from './models/transfer-model.ts'

interface Named { name: string, task: string, network: FaceNetwork }

/** Networks with the same weights before their heads, so that each runs once a face. */
interface Shared { key: string, network: FaceNetwork, heads: Named[] }

/**
 * Finds all faces of a photograph and lets each knowledge's network speak about each: what `facet predict` prints.
 * Faces come nearest the centre first, aligned as prepare does.
 *
 * @throws FacetError where the photograph or a model cannot be read
 */
export async function predict({ image, size, minDetection, minMesh, knowledge }: PredictRequest): Promise<PredictResult> {
  const started = performance.now()
  const photograph = await openPhotograph(image)
  const networks = shareNetworks(knowledge.map(({ name, task, model, student, encoder }) => ({
    key: encoder,
    name,
    task,
    network: openFaceNetwork(model, student),
  })))
  const detector = createDetector()
  try {
    const loaded = performance.now()
    const [detection] = await detector.detect([photograph.image], { minDetection, minMesh })
    const detected = performance.now()
    const aligned = await Promise.all(detection!.faces.map(face => alignFace(photograph, face, size)))
    const predictions = await predictFaces(aligned, size, networks)
    return {
      width: photograph.image.fullWidth,
      height: photograph.image.fullHeight,
      faces: detection!.faces.map((face, i) => describe(inPhotograph(photograph, face), predictions[i]!)),
      bestScore: detection!.bestScore,
      milliseconds: { load: loaded - started, detect: detected - loaded, predict: performance.now() - detected },
    }
  }
  finally {
    detector.dispose()
  }
}

function describe({ box, landmarks, score, meshScore }: Face, predictions: Prediction[]): PredictedFace {
  return {
    box,
    landmarks: landmarks.map(([x, y]): [number, number] => [x, y]),
    score,
    meshScore,
    predictions,
  }
}

function shareNetworks(all: (Named & { key: string })[]): Shared[] {
  return [
    ...Map.groupBy(all, ({ key }) => key),
  ].map(([key, heads]) => ({ key, network: heads[0]!.network, heads }))
}

/** Per face what each knowledge says, in the order of the knowledge. */
async function predictFaces(faces: Uint8Array[], size: number, networks: Shared[]): Promise<Prediction[][]> {
  const answers: Prediction[][] = faces.map(() => [])
  for (const { network, heads } of faces.length > 0
    ? networks
    : []) {
    const encoder = studentEncoder(network.shape, network.size, network.tensors, 1)
    try {
      for (const [i, face] of faces.entries()) {
        const pixels = await faceAt({
          data: Buffer.from(face.buffer, face.byteOffset, face.byteLength),
          size,
          encoding: 'raw',
        }, network.shape.input)
        const features = encoder.encode(pixels)
        answers[i]!.push(...heads.map(head => answer(head, features)))
      }
    }
    finally {
      encoder.dispose()
    }
  }
  return answers
}

/** What a head says of one face, from what its encoder gave. */
export function answer({ name, task, network }: { name: string, task: string, network: Pick<FaceNetwork, 'knowledge'> }, features: Float32Array): Prediction {
  const { manifest } = network.knowledge!
  const [{ value, probabilities }] = predictFeatures(network.knowledge!, features) as [{ value: number, probabilities: number[] | null }]
  const named = probabilities && manifest.classes
    ? Object.fromEntries(manifest.classes.map((label, i) => [label, probabilities[i]!]))
    : null
  if (manifest.target.kind === 'attributes')
    return { knowledge: name, task, value, unit: null, label: null, probability: null, probabilities: null, attributes: named }
  return {
    knowledge: name,
    task,
    value,
    unit: manifest.unit,
    label: manifest.classes?.[value] ?? null,
    probability: probabilities?.[value] ?? null,
    probabilities: named,
    attributes: null,
  }
}
