import type { Prediction } from '#shared/predict.ts'
import type { ModelCost, TryRequest, TryResult } from '#shared/try-views.ts'
import type { FaceNetwork } from '../models/face-network.ts'
import type { StudentEncoder } from '../models/student.ts'
import type { TransferModel } from '../models/transfer-model.ts'
import type { Teachers } from '../teachers/teacher-graph.ts'
import { Buffer } from 'node:buffer'
import { statSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { modelFiles, readTeacher } from '#shared/files/teacher.ts'
import { faceAt } from '../faces/face-at.ts'
import { alignFace, inPhotograph, openPhotograph } from '../faces/photograph.ts'
import { readyCrop } from '../faces/ready-crop.ts'
import { openFaceNetwork } from '../models/face-network.ts'
import { studentEncoder } from '../models/student.ts'
import { loadTransfer } from '../models/transfer-model.ts'
import { answer } from '../predict.ts'
import { countParameters } from '../teachers/parameters.ts'
import { buildTeachers, faceSize } from '../teachers/teacher-graph.ts'
import { withDetector } from './detector.ts'
import { keep } from './kept.ts'
import { toJpeg } from './pictures.ts'

/** Faces of one photograph that are predicted on. */
const mostFaces = 12
/** A network stays loaded this long after it was asked last. */
const idleMs = 600_000

/** `cost` is measured with the first face. */
interface KeptStudent { encoder: StudentEncoder, input: number, cost: ModelCost }
interface KeptTeacher { teachers: Teachers, cost: ModelCost }

const students = keep<KeptStudent>({ most: 6, idleMs, close: ({ encoder }) => encoder.dispose() })
const heads = keep<TransferModel>({ most: 64, idleMs, close: () => {} })
const teachers = keep<KeptTeacher>({ most: 12, idleMs, close: kept => kept.teachers.dispose() })

/** A face cut out, at the size of the networks and at that of the teachers. */
interface Cut { own: Uint8Array, forTeachers: Uint8Array }
type TeacherPrediction = TryResult['faces'][number]['teachers'][number]

/**
 * What the networks of a study say of every face of a photograph, each knowledge by the student and by the heads on single teachers.
 * The photograph is looked at and forgotten.
 *
 * @throws FacetError where the photograph or a model cannot be read
 */
export async function tryPhotograph(request: TryRequest): Promise<TryResult> {
  const started = performance.now()
  const bytes = Buffer.from(request.photograph, 'base64')
  const { width, height, bestScore, found } = await findFaces(bytes, request)
  const detected = performance.now()
  const isWholeImage = found.length === 0 && request.wholeImage
  const faces = isWholeImage
    ? [await wholeImage(bytes, request.size, width, height)]
    : found
  const cuts = faces.map(({ cut }) => cut)
  const byStudent = await askStudents(request, cuts)
  const byTeachers = await askTeachers(request, cuts)
  return {
    width,
    height,
    bestScore,
    isWholeImage,
    faces: await Promise.all(faces.map(async ({ face, cut }, i) => ({
      ...face,
      image: await toJpeg(cut.forTeachers, faceSize, faceSize, { side: 160 }),
      predictions: byStudent.predictions[i]!,
      teachers: byTeachers.predictions[i]!,
    }))),
    costs: [
      ...byStudent.costs,
      ...byTeachers.costs,
      { name: 'find and align, per photograph', role: 'faces', parameters: null, bytes: 0, milliseconds: detected - started },
    ],
  }
}

interface Found { face: Omit<TryResult['faces'][number], 'image' | 'predictions' | 'teachers'>, cut: Cut }

async function findFaces(bytes: Buffer, { size, minDetection, minMesh }: TryRequest): Promise<{ width: number, height: number, bestScore: number, found: Found[] }> {
  const photograph = await openPhotograph(bytes)
  const detection = await withDetector(async detector => (await detector.detect([photograph.image], { minDetection, minMesh }))[0]!)
  const found = await Promise.all(detection.faces.slice(0, mostFaces).map(async (face): Promise<Found> => {
    const own = await alignFace(photograph, face, size)
    const { box, landmarks, score, meshScore } = inPhotograph(photograph, face)
    return {
      face: { box, landmarks: landmarks.map(([x, y]): [number, number] => [x, y]), score, meshScore },
      cut: {
        own,
        forTeachers: size === faceSize
          ? own
          : await alignFace(photograph, face, faceSize),
      },
    }
  }))
  return { width: photograph.image.fullWidth, height: photograph.image.fullHeight, bestScore: detection.bestScore, found }
}

/** The middle square, taken for a face because somebody says that it is one. */
async function wholeImage(bytes: Buffer, size: number, width: number, height: number): Promise<Found> {
  const side = Math.min(width, height)
  const forTeachers = await readyCrop(bytes, faceSize)
  return {
    face: { box: { left: (width - side) / 2, top: (height - side) / 2, width: side, height: side }, landmarks: [], score: 0, meshScore: 0 },
    cut: {
      own: size === faceSize
        ? forTeachers
        : await readyCrop(bytes, size),
      forTeachers,
    },
  }
}

/** Each network once a face, whatever number of heads stands on it; per face what each knowledge says, in the order asked. */
async function askStudents({ size, knowledge }: TryRequest, faces: Cut[]): Promise<{ predictions: Prediction[][], costs: ModelCost[] }> {
  const predictions: Prediction[][] = faces.map(() => [])
  const costs: ModelCost[] = []
  for (const [encoder, asked] of Map.groupBy(knowledge, one => one.encoder)) {
    const named = await Promise.all(asked.map(async ({ name, task, model }) => ({ name, task, network: { knowledge: await headOf(model) } })))
    await students.use(encoder, () => openStudent(openFaceNetwork(asked[0]!.model, asked[0]!.student)), async (kept) => {
      for (const [i, face] of faces.entries()) {
        const pixels = await faceAt({ data: Buffer.from(face.own), size, encoding: 'raw' }, kept.input)
        const features = kept.encoder.encode(pixels)
        predictions[i]!.push(...named.map(head => answer(head, features)))
      }
      kept.cost.milliseconds ||= await timeOf(faces, () => kept.encoder.encode(new Uint8Array(kept.input ** 2 * 3)))
      costs.push(kept.cost)
    })
  }
  const order = knowledge.map(({ name }) => name)
  for (const row of predictions)
    row.sort((a, b) => order.indexOf(a.knowledge) - order.indexOf(b.knowledge))
  return { predictions, costs }
}

function openStudent({ shape, size, tensors }: FaceNetwork): KeptStudent {
  const own = Object.entries(tensors).filter(([name]) => !name.startsWith('decoder/')).map(([, { data }]) => data)
  return {
    encoder: studentEncoder(shape, size, tensors, 1),
    input: shape.input,
    cost: {
      name: 'student',
      role: 'student',
      parameters: own.reduce((sum, { length }) => sum + length, 0),
      bytes: own.reduce((sum, { byteLength }) => sum + byteLength, 0),
      milliseconds: 0,
    },
  }
}

/** A head without the network below it. */
function headOf(model: string): Promise<TransferModel> {
  return heads.use(model, () => {
    const { manifest, tensors } = loadTransfer(model)
    return { manifest, tensors: Object.fromEntries(Object.entries(tensors).filter(([name]) => /^(?:head|input)\//.test(name))) }
  }, head => head)
}

/** Each teacher once a face; per face what the heads on single teachers say. */
async function askTeachers({ teachers: asked, heads: on }: TryRequest, faces: Cut[]): Promise<{ predictions: TeacherPrediction[][], costs: ModelCost[] }> {
  const predictions: TeacherPrediction[][] = faces.map(() => [])
  const costs: ModelCost[] = []
  for (const { name, manifest, sha256 } of asked) {
    const own = await Promise.all(on.filter(({ teacher }) => teacher === name).map(async ({ knowledge, task, model }) => ({ name: knowledge, task, network: { knowledge: await headOf(model) } })))
    await teachers.use(`${manifest} ${sha256}`, () => openTeacher(manifest), async (kept) => {
      for (const [i, { forTeachers }] of faces.entries()) {
        const embedding = (await kept.teachers.run(forTeachers, 1))[name]!
        predictions[i]!.push(...own.map(head => ({ ...answer(head, embedding), teacher: name })))
      }
      kept.cost.milliseconds ||= await timeOf(faces, () => kept.teachers.run(faces[0]!.forTeachers, 1))
      costs.push(kept.cost)
    })
  }
  return { predictions, costs }
}

function openTeacher(manifest: string): KeptTeacher {
  const teacher = readTeacher(manifest)
  return {
    teachers: buildTeachers([teacher]),
    cost: {
      name: teacher.manifest.name,
      role: 'teacher',
      parameters: countParameters(teacher),
      bytes: modelFiles(teacher.manifest, teacher.model).reduce((sum, file) => sum + statSync(file).size, 0),
      milliseconds: 0,
    },
  }
}

/** Median of three runs; 0 where there is no face to run on. */
async function timeOf(faces: readonly Cut[], work: () => unknown): Promise<number> {
  if (faces.length === 0)
    return 0
  const times: number[] = []
  for (let i = 0; i < 3; i++) {
    const started = performance.now()
    await work()
    times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)[1]!
}
