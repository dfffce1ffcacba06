import type { Similarity } from './align.ts'
import type { Candidate } from './blazeface.ts'
import type { Box, Point, RgbImage } from './image.ts'
import type { FaceNetworks, Mesh } from './networks.ts'
import { setImmediate } from 'node:timers/promises'
import { carry } from './align.ts'
import { DETECTION_SIZE, keepBest } from './blazeface.ts'
import { loadFaceNetworks, MESH_SIZE } from './networks.ts'
import { warp } from './warp.ts'

/** Side of the square that facemesh sees, in sides of the detected box: what it was trained with. */
const MESH_MARGIN = 1.5
/** More faces than this in one photograph are not measured; those nearest the centre are. */
const MOST_FACES = 32
/** Images in one run of the detector: the least time per image, measured from 1 to 16. */
const DETECT_AT_ONCE = 4
const MESH_AT_ONCE = 8

/** A face in an image, in the image's pixels. */
export interface Face {
  /** Of the detector and of the mesh, 0 to 1. */
  score: number
  meshScore: number
  box: Box
  /** Eyes, tip of the nose, corners of the mouth; image left first. */
  landmarks: Point[]
}

/** What was found, nearest the image's centre first; with no face, how near it came. */
export interface Detection { faces: Face[], bestScore: number, bestMeshScore: number }

export interface Gates { minDetection: number, minMesh: number }

export interface Detector {
  /** Faces of each image, nearest its centre first. */
  detect: (images: readonly RgbImage[], gates: Gates) => Promise<Detection[]>
  dispose: () => void
}

/** A square of an image that the detector looks at, in the image's pixels. */
interface Frame { left: number, top: number, side: number }

/**
 * Ways of looking, tried in order until a face passes both gates. Tight photographs (aligned chips, cropped faces) need edges
 * around the face; small faces in large photographs need a closer look.
 */
const ATTEMPTS: ((image: RgbImage) => Frame[])[] = [
  image => [
    padded(image, 0.25),
  ],
  image => [
    padded(image, 0),
  ],
  image => [
    padded(image, 0.5),
  ],
  image => tiles(image),
]

/** Loads both networks. @throws FacetError when the engine or a model file is missing */
export function createDetector(): Detector {
  const networks = loadFaceNetworks()
  return {
    detect: async (images, gates) => {
      const detections: Detection[] = images.map(() => ({ faces: [], bestScore: 0, bestMeshScore: 0 }))
      for (const framesOf of ATTEMPTS) {
        const left = images.flatMap((image, i) => detections[i]!.faces.length === 0
          ? [
              {
                image,
                frames: framesOf(image),
                detection: detections[i]!,
              },
            ]
          : [])
        await look(networks, left, gates)
      }
      return detections
    },
    dispose: networks.dispose,
  }
}

/** The whole image with `part` of its longer side around it on every side. */
function padded({ width, height }: RgbImage, part: number): Frame {
  const side = Math.max(width, height) * (1 + 2 * part)
  return { left: (width - side) / 2, top: (height - side) / 2, side }
}

/** Squares of half the longer side, each overlapping the next by half; none where the image is small anyway. */
function tiles({ width, height }: RgbImage): Frame[] {
  const side = Math.max(width, height) / 2
  if (side < DETECTION_SIZE)
    return []
  const starts = (length: number) => {
    const count = Math.max(1, Math.ceil((length - side) / (side / 2)) + 1)
    return Array.from({ length: count }, (_, i) => count === 1
      ? (length - side) / 2
      : (length - side) * i / (count - 1))
  }
  return starts(height).flatMap(top => starts(width).map(left => ({ left, top, side })))
}

interface Looked { image: RgbImage, frames: Frame[], detection: Detection }

/** One attempt on several images: detector, then mesh, each in batches over all of them. */
async function look(networks: FaceNetworks, targets: Looked[], gates: Gates): Promise<void> {
  const views = targets.flatMap(target => target.frames.map(frame => ({ target, frame })))
  const found = new Map(targets.map(target => [target, [] as Candidate[]]))
  await inBatches(views, DETECT_AT_ONCE, (batch) => {
    const pixels = joined(batch.map(({ target, frame }) => warp(target.image, frameToImage(frame), DETECTION_SIZE)))
    networks.detect(pixels, gates.minDetection).forEach((candidates, i) => {
      const { target, frame } = batch[i]!
      found.get(target)!.push(...candidates.map(candidate => inImage(candidate, frame)))
    })
  })
  const candidates = targets.flatMap(target => nearestFirst(target.image, keepBest(found.get(target)!)).slice(0, MOST_FACES).map(candidate => ({ target, candidate })))
  await inBatches(candidates, MESH_AT_ONCE, (batch) => {
    const frames = batch.map(({ candidate }) => meshFrame(candidate))
    const meshes = networks.mesh(joined(batch.map(({ target }, i) => warp(target.image, frames[i]!, MESH_SIZE))))
    batch.forEach(({ target: { detection }, candidate }, i) => record(detection, candidate, meshes[i]!, frames[i]!, gates))
  })
}

function record(detection: Detection, { score, box }: Candidate, mesh: Mesh, frame: Similarity, { minMesh }: Gates): void {
  detection.bestScore = Math.max(detection.bestScore, score)
  detection.bestMeshScore = Math.max(detection.bestMeshScore, mesh.score)
  if (mesh.score > minMesh) {
    detection.faces.push({
      score,
      meshScore: mesh.score,
      box,
      landmarks: mesh.points.map(point => carry(frame, point)),
    })
  }
}

function frameToImage({ left, top, side }: Frame): Similarity {
  return {
    a: side / DETECTION_SIZE,
    b: 0,
    c: left,
    d: top,
  }
}

function inImage({ score, box, eyes }: Candidate, frame: Frame): Candidate {
  const toImage = frameToImage(frame)
  const [left, top] = carry(toImage, [box.left, box.top])
  return {
    score,
    box: {
      left,
      top,
      width: box.width * toImage.a,
      height: box.height * toImage.a,
    },
    eyes: [
      carry(toImage, eyes[0]),
      carry(toImage, eyes[1]),
    ],
  }
}

function nearestFirst<T extends { box: Box }>({ width, height }: RgbImage, candidates: T[]): T[] {
  const distance = ({ box }: T) => Math.hypot(box.left + box.width / 2 - width / 2, box.top + box.height / 2 - height / 2)
  return candidates.toSorted((a, b) => distance(a) - distance(b))
}

/** The square around a face with its eyes level. */
function meshFrame({ box, eyes: [left, right] }: Candidate): Similarity {
  const side = MESH_MARGIN * Math.max(box.width, box.height)
  const angle = Math.atan2(right[1] - left[1], right[0] - left[0])
  const a = side / MESH_SIZE * Math.cos(angle)
  const b = side / MESH_SIZE * Math.sin(angle)
  const half = MESH_SIZE / 2
  return {
    a,
    b,
    c: box.left + box.width / 2 - a * half + b * half,
    d: box.top + box.height / 2 - b * half - a * half,
  }
}

function joined(images: Uint8Array[]): Uint8Array {
  const all = new Uint8Array(images.reduce((sum, image) => sum + image.length, 0))
  let at = 0
  for (const image of images) {
    all.set(image, at)
    at += image.length
  }
  return all
}

/** Graph runs block the thread; in between it hands finished reading and decoding on. */
async function inBatches<T>(items: T[], size: number, work: (batch: T[]) => void): Promise<void> {
  for (let from = 0; from < items.length; from += size) {
    work(items.slice(from, from + size))
    await setImmediate()
  }
}
