import type { TeacherManifest } from '#shared/manifest.ts'
import type { ProbeImage } from './probe.ts'
import type { Teachers } from './teacher-graph.ts'
import { FacetError } from '#shared/errors.ts'
import { readTeacher } from '#shared/files/teacher.ts'
import { cosine } from '../evaluate/pairs.ts'
import { createDetector } from '../faces/detect.ts'
import { alignFace, openPhotograph } from '../faces/photograph.ts'
import { readyCrop } from '../faces/ready-crop.ts'
import { drawProbe, probeImages } from './probe.ts'
import { buildTeachers, faceSize } from './teacher-graph.ts'

/** How many numbers of each probe's embedding a manifest records. */
const recordedNumbers = 16
/** Largest deviation from a recorded probe, relative to its norm: other processors and TensorFlow versions stay well below, another file, node, colour order or crop well above. */
const probeTolerance = 0.005
/** Least scores of a face, those of the prepare stage. */
const gates = { minDetection: 0.6, minMesh: 0.5 }

type Probe = TeacherManifest['probes'][number]

/** What a teacher answered to one photograph. */
export interface TeacherCheck {
  teacher: string
  shape: number[]
  norm: number
  /** How the photograph was brought into the frame. */
  face: 'detected and aligned' | 'taken as a ready crop: no face was found'
  /** Largest deviation from the recorded probes, relative to their norms; null where the manifest records none. */
  probeDeviation: number | null
  /** The recorded probe whose first numbers point most nearly the same way, with the cosine between them. */
  nearestProbe: { image: ProbeImage, cosine: number } | null
  /** One face, the median of five runs, crop and resize included. */
  msPerFace: number
  embedding: number[]
}

function norm(values: ArrayLike<number>): number {
  return Math.hypot(...Array.from(values))
}

/** The probes of a teacher as its manifest should record them, computed now. */
export async function recordProbes(teachers: Teachers, name: string): Promise<Probe[]> {
  const probes: Probe[] = []
  for (const image of probeImages) {
    const embedding = (await teachers.run(drawProbe(image), 1))[name]!
    probes.push({
      image,
      embedding: Array.from(embedding.subarray(0, recordedNumbers)),
      norm: norm(embedding),
    })
  }
  return probes
}

async function checkProbes({ name, probes }: TeacherManifest, teachers: Teachers, where: string): Promise<number | null> {
  if (probes.length === 0)
    return null
  const now = await recordProbes(teachers, name)
  const deviations = probes.map((probe) => {
    const found = now.find(({ image }) => image === probe.image)!
    const differences = probe.embedding.map((value, i) => value - found.embedding[i]!)
    return Math.max(Math.abs(found.norm - probe.norm), norm(differences)) / probe.norm
  })
  const worst = Math.max(...deviations)
  if (worst > probeTolerance)
    throw new FacetError('bad-input', `teacher "${name}" answers its recorded probe "${probes[deviations.indexOf(worst)]!.image}" ${(100 * worst).toFixed(1)} % otherwise than recorded (at most ${100 * probeTolerance} %).`, { where, hint: 'Node, crop, colour order, mean or std differ from those it was recorded with; if that is meant, record the probes anew.' })
  return worst
}

async function faceOf(image: string): Promise<{ pixels: Uint8Array, face: TeacherCheck['face'] }> {
  const photograph = await openPhotograph(image)
  const detector = createDetector()
  try {
    const [detection] = await detector.detect([photograph.image], gates)
    const face = detection!.faces[0]
    return face
      ? { pixels: await alignFace(photograph, face, faceSize), face: 'detected and aligned' }
      : { pixels: await readyCrop(image, faceSize), face: 'taken as a ready crop: no face was found' }
  }
  finally {
    detector.dispose()
  }
}

/**
 * Runs one teacher on one photograph and on its recorded probes.
 * Throws a FacetError where the manifest does not fit its model (node, size, dimension, checksum), a probe deviates or the image cannot be read.
 *
 * @param manifestPath the teacher's YAML manifest
 * @param imagePath    a photograph; with a face in it the one nearest the centre is taken
 */
export async function checkTeacher(manifestPath: string, imagePath: string): Promise<TeacherCheck & Record<string, unknown>> {
  const teacher = readTeacher(manifestPath)
  const { manifest } = teacher
  const { pixels, face } = await faceOf(imagePath)
  const teachers = buildTeachers([teacher])
  try {
    const probeDeviation = await checkProbes(manifest, teachers, manifestPath)
    const embedding = (await teachers.run(pixels, 1))[manifest.name]!
    const times: number[] = []
    for (let i = 0; i < 5; i++) {
      const startMs = performance.now()
      await teachers.run(pixels, 1)
      times.push(performance.now() - startMs)
    }
    times.sort((a, b) => a - b)
    const [nearestProbe] = manifest.probes
      .map(probe => ({
        image: probe.image,
        cosine: cosine(probe.embedding, embedding.subarray(0, probe.embedding.length)),
      }))
      .sort((a, b) => b.cosine - a.cosine)
    return {
      teacher: manifest.name,
      shape: [1, embedding.length],
      norm: norm(embedding),
      face,
      probeDeviation,
      nearestProbe: nearestProbe ?? null,
      msPerFace: times[2]!,
      embedding: Array.from(embedding),
    }
  }
  finally {
    teachers.dispose()
  }
}
