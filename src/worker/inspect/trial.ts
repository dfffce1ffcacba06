import type { InspectInput, InspectResult } from '#shared/inspect.ts'
import type { TeacherManifest } from '#shared/manifest.ts'
import type { TeacherTrial } from '#shared/teacher-views.ts'
import type { Teachers } from '../teachers/teacher-graph.ts'
import { Buffer } from 'node:buffer'
import { performance } from 'node:perf_hooks'
import sharp from 'sharp'
import { GraphBuilder } from '#worker/engine/graph.ts'
import { cosine } from '../evaluate/pairs.ts'
import { alignFace, openPhotograph } from '../faces/photograph.ts'
import { readyCrop } from '../faces/ready-crop.ts'
import { renderSyntheticFace } from '../faces/synthetic/index.ts'
import { recordProbes } from '../teachers/check.ts'
import { preprocess } from '../teachers/preprocess.ts'
import { drawProbe } from '../teachers/probe.ts'
import { buildTeachers, faceSize } from '../teachers/teacher-graph.ts'
import { withDetector } from './detector.ts'
import { toJpeg } from './pictures.ts'

/** Numbers of an embedding that are sent back. */
const mostValues = 512
const batch = 16
/** How far the crop is moved to see how much the answer depends on it. */
const shiftPixels = 4
/** Least scores of a face, those of the prepare stage. */
const gates = { minDetection: 0.6, minMesh: 0.5 }

/**
 * Runs a teacher that is not saved yet on one photograph.
 *
 * @throws FacetError where node, size or dimension do not fit the model, or the photograph cannot be read
 */
export async function tryTeacher({ model, manifest, face: source }: InspectInput<'tryTeacher'>): Promise<InspectResult<'tryTeacher'>> {
  const { pixels, face } = await faceOf(source)
  const teachers = buildTeachers([{ manifest, path: model, model, sha256: '' }])
  try {
    return {
      ...await measure(teachers, manifest.name, pixels),
      aligned: await toJpeg(pixels, faceSize, faceSize, { quality: 90 }),
      seen: await whatItSees(pixels, manifest.input),
      face,
    }
  }
  finally {
    teachers.dispose()
  }
}

/** What a manifest should record of a teacher, computed now. */
export async function probeTeacher({ model, manifest }: InspectInput<'probeTeacher'>): Promise<InspectResult<'probeTeacher'>> {
  const teachers = buildTeachers([{ manifest, path: model, model, sha256: '' }])
  try {
    const rounded = (value: number): number => Number(value.toPrecision(6))
    return (await recordProbes(teachers, manifest.name)).map(probe => ({ ...probe, embedding: probe.embedding.map(rounded), norm: rounded(probe.norm) }))
  }
  finally {
    teachers.dispose()
  }
}

async function faceOf(source: InspectInput<'tryTeacher'>['face']): Promise<{ pixels: Uint8Array, face: TeacherTrial['face'] }> {
  const bytes = source.kind === 'drawn'
    ? (await renderSyntheticFace({ seed: 1, size: 400, identities: 10_000 }, source.number)).jpeg
    : source.kind === 'photograph'
      ? Buffer.from(source.bytes, 'base64')
      : source.path
  const photograph = await openPhotograph(bytes)
  const found = await withDetector(async (detector) => {
    const [detection] = await detector.detect([photograph.image], gates)
    return detection!.faces[0]
  })
  const detected = source.kind === 'drawn' ? 'drawn' : 'detected'
  return found
    ? { pixels: await alignFace(photograph, found, faceSize), face: detected }
    : { pixels: await readyCrop(bytes, faceSize), face: 'ready crop' }
}

/** Everything that numbers alone tell: shape, norm, whether it repeats, what a batch and a shift change, time. */
async function measure(teachers: Teachers, name: string, pixels: Uint8Array): Promise<Omit<TeacherTrial, 'aligned' | 'seen' | 'face'>> {
  const run = async (faces: Uint8Array, n: number): Promise<Float32Array> => (await teachers.run(faces, n))[name]!
  const first = await run(pixels, 1)
  const second = await run(pixels, 1)
  const crowd = new Uint8Array(batch * pixels.length)
  for (let i = 0; i < batch; i++)
    crowd.set(i === 0 ? pixels : drawn(i), i * pixels.length)
  const inCrowd = await run(crowd, batch)
  const norm = length(first)
  const relative = (other: Float32Array): number => norm > 0
    ? length(first.map((value, i) => value - other[i]!)) / norm
    : 0
  return {
    shape: [1, first.length],
    norm: Number.isFinite(norm) ? norm : 0,
    finite: first.every(Number.isFinite),
    zeros: first.filter(value => value === 0).length / first.length,
    repeatDeviation: finite(relative(second)),
    batchDeviation: finite(relative(inCrowd.subarray(0, first.length))),
    shiftCosine: finite(cosine(first, await run(shifted(pixels, shiftPixels), 1))),
    otherCosine: finite(cosine(first, await run(drawProbe('face'), 1))),
    msPerFace: await medianMs(() => run(pixels, 1)),
    msPerFaceInBatch: await medianMs(() => run(crowd, batch)) / batch,
    values: spread(first, mostValues).map(finite),
  }
}

let crowd: Uint8Array[] | null = null

/** Other faces in a batch: the three test pictures in turn. */
function drawn(i: number): Uint8Array {
  crowd ??= [drawProbe('face'), drawProbe('gradient'), drawProbe('noise')]
  return crowd[i % crowd.length]!
}

/** A picture moved to the right, its left edge repeated. u8 [300, 300, 3] */
function shifted(pixels: Uint8Array, by: number): Uint8Array {
  return Uint8Array.from(pixels, (_, at) => {
    const channel = at % 3
    const x = Math.floor(at / 3) % faceSize
    const row = Math.floor(at / (3 * faceSize))
    return pixels[(row * faceSize + Math.max(0, x - by)) * 3 + channel]!
  })
}

/** The picture that goes into the network before it is normalised, its channels in the network's order. */
async function whatItSees(pixels: Uint8Array, input: TeacherManifest['input']): Promise<string> {
  const builder = new GraphBuilder()
  const faces = builder.placeholder('faces', [-1, faceSize, faceSize, 3], 'uint8')
  const seen = preprocess(builder, faces, { ...input, mean: [0], std: [1] })
  const session = builder.load()
  try {
    const [seenPixels] = session.compute({
      faces: {
        dtype: 'uint8',
        shape: [1, faceSize, faceSize, 3],
        data: pixels,
      },
    }, [seen.node])
    const { data, shape } = seenPixels!
    const bytes = Uint8Array.from(data as Float32Array, value => Math.min(255, Math.max(0, Math.round(value))))
    const picture = sharp(bytes, { raw: { width: shape[2]!, height: shape[1]!, channels: shape[3] as 1 | 3 } })
    const png = await picture.toColourspace(shape[3] === 1 ? 'b-w' : 'srgb').png().toBuffer()
    return png.toString('base64')
  }
  finally {
    session.dispose()
  }
}

function length(values: ArrayLike<number>): number {
  return Math.hypot(...Array.from(values))
}

/** JSON has no NaN; whether numbers are finite is said by itself. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0
}

async function medianMs(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 5; i++) {
    const started = performance.now()
    await work()
    times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)[2]!
}

function spread(values: Float32Array, most: number): number[] {
  return values.length <= most
    ? [...values]
    : Array.from({ length: most }, (_, i) => values[Math.floor(i * values.length / most)]!)
}
