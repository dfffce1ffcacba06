import type { Query } from '#renderer/composables/useQuery.ts'
import type { TeacherManifest } from '#shared/manifest.ts'
import type { TeacherDetail, TeacherDraft } from '#shared/teacher-views.ts'
import { useQuery } from '#renderer/composables/useQuery.ts'

/** All teachers with what their manifests say, asked again when one was added, changed or removed. */
export function useTeachers(): Query<TeacherDetail[]> {
  return useQuery('teachers.details', undefined, { refreshOn: ['teachers.changed'] })
}

export const formatTitles: Record<TeacherManifest['format'], string> = {
  'tfjs-graph': 'TFJS graph',
  'face-api': 'face-api network',
  'saved-model': 'SavedModel',
  'onnx': 'ONNX',
}

/** "(x − 127.5) / 127.5": what is done to each value between 0 and 255. */
export function wordNormalisation({ mean, std }: Pick<TeacherManifest['input'], 'mean' | 'std'>): string {
  const same = (values: number[]): boolean => values.every(value => value === values[0])
  const word = (values: number[]): string => same(values) ? String(values[0]) : `[${values.map(value => Number(value.toFixed(1))).join(', ')}]`
  const isCentred = mean.some(value => value !== 0)
  const isScaled = std.some(value => value !== 1)
  if (!isCentred && !isScaled)
    return 'x, 0 to 255'
  const top = isCentred ? (isScaled ? `(x − ${word(mean)})` : `x − ${word(mean)}`) : 'x'
  return isScaled ? `${top} / ${word(std)}` : top
}

/** "whole 300", "25 to 275": which part of the aligned face is seen. */
export function wordCrop([x0, y0, x1, y1]: TeacherManifest['input']['crop']): string {
  if (x0 === 0 && y0 === 0 && x1 === 300 && y1 === 300)
    return 'whole face frame'
  return x0 === y0 && x1 === y1 ? `${x0} to ${x1}` : `x ${x0} to ${x1}, y ${y0} to ${y1}`
}

/** What a person may change of a manifest. */
export function draftOf({ name, title, knowledge, format, embedding, input, licence, trainedOn, contaminates, paper }: TeacherManifest): TeacherDraft {
  return { name, title, knowledge, format, embedding: { ...embedding }, input: { ...input, crop: [...input.crop], mean: [...input.mean], std: [...input.std] }, licence, trainedOn: [...trainedOn], contaminates: [...contaminates], paper }
}

/** Knowledge on emotion or ethnicity, which the EU AI Act restricts. */
export function isSensitiveKnowledge(knowledge: string): boolean {
  return /expr|emotion|pain|ethnic|race/i.test(knowledge)
}
