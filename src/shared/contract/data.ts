import { z } from 'zod'
import { AddingView, DatasetPreview, DatasetRowView, Dependents, FacesPage, FaceState, FormatView, Histogram, PhotographView, RecognisedFolder } from '../dataset-views.ts'
import { Rejected } from '../dataset.ts'
import { TeacherManifest } from '../manifest.ts'
import { AffinityView, EmbeddedView, InspectedModel, TeacherDetail, TeacherDraft, TeacherTrial, TeacherVerification } from '../teacher-views.ts'
import { Photograph, Tried, TryStudy } from '../try-views.ts'
import { Key, method, nothing, Path } from './method.ts'

const named = z.strictObject({ name: z.string() })
const Range = {
  from: z.int().min(0).default(0),
  count: z.int().min(1).max(200).default(60),
}
/** The photograph that a teacher is tried on. */
const TrialFace = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('photograph'),
    bytes: Photograph,
  }),
  z.strictObject({
    kind: z.literal('dataset'),
    name: z.string(),
    index: z.int().min(0),
  }),
  z.strictObject({
    kind: z.literal('drawn'),
    number: z.int().min(0).max(9999).default(0),
  }),
])

/** What the screens of data sets, teachers and "try" ask. */
export const dataMethods = {
  'datasets.formats': method('read', nothing, z.array(FormatView)),
  'datasets.recognise': method('read', z.strictObject({ path: Path }), RecognisedFolder),
  'datasets.preview': method('read', z.strictObject({
    path: Path,
    format: z.string(),
    options: z.record(z.string(), z.unknown()).default({}),
    rows: z.int().min(1).max(50).default(8),
  }), DatasetPreview),
  'datasets.adding': method('read', nothing, z.array(AddingView)),
  'datasets.cancel': method('write', z.strictObject({ path: Path }), z.strictObject({
    stopped: z.boolean(),
  })),
  'datasets.overview': method('read', nothing, z.array(DatasetRowView)),
  'datasets.histograms': method('read', named, z.array(Histogram)),
  'datasets.faces': method('read', named.extend({
    status: FaceState.default('found'),
    ...Range,
    side: z.int().min(32).max(200).default(96),
  }), FacesPage),
  'datasets.photograph': method('read', named.extend({
    index: z.int().min(0),
    side: z.int().min(64).max(1600).default(800),
  }), PhotographView),
  'datasets.rejected': method('read', named.extend(Range), z.strictObject({
    total: z.int(),
    rows: z.array(Rejected.extend({
      bytes: z.int().nullable(),
      helps: z.string(),
    })),
  })),
  'datasets.dependents': method('read', named, Dependents),

  'teachers.details': method('read', nothing, z.array(TeacherDetail)),
  'teachers.get': method('read', named, TeacherDetail),
  'teachers.inspect': method('read', z.strictObject({
    path: Path,
    size: z.int().min(8).max(1024).optional().describe('Side of the picture to look with, where the model takes any'),
  }), InspectedModel),
  'teachers.try': method('read', z.strictObject({
    model: Path,
    draft: TeacherDraft,
    face: TrialFace,
  }), TeacherTrial),
  'teachers.create': method('write', z.strictObject({
    model: Path,
    draft: TeacherDraft,
  }), TeacherManifest),
  'teachers.createFromRun': method('write', z.strictObject({
    key: Key.describe('Of a finished run that leaves a network'),
    name: TeacherManifest.shape.name,
    title: z.string().optional().describe('The run\'s label where nothing else is said'),
    knowledge: z.string().optional().describe('The run\'s task where nothing else is said'),
  }), TeacherManifest),
  'teachers.edit': method('write', z.strictObject({
    name: z.string(),
    draft: TeacherDraft,
  }), TeacherManifest),
  'teachers.dependents': method('read', named, Dependents),
  'teachers.remove': method('write', named, nothing),
  'teachers.verify': method('read', nothing, z.array(TeacherVerification)),
  'teachers.embedded': method('read', nothing, z.array(EmbeddedView)),
  'teachers.affinity': method('read', z.strictObject({
    key: z.string().regex(/^[0-9a-f]{64}$/, 'the key of an embed run'),
    faces: z.int().min(10).max(5000).default(2000),
  }), AffinityView),

  'try.studies': method('read', nothing, z.array(TryStudy)),
  'try.predict': method('read', z.strictObject({
    study: z.string(),
    photograph: Photograph,
    wholeImage: z.boolean().default(false),
  }), Tried),
} as const

/** What those screens are told unasked. */
export const dataEvents = {
  'datasets.progress': AddingView,
  'datasets.changed': named,
  'teachers.changed': named,
} as const
