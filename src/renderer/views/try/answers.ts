import type { Prediction } from '#shared/predict.ts'
import type { TriedFace } from '#shared/try-views.ts'
import { seenAttributes } from '#shared/attributes.ts'

export type TeacherAnswer = TriedFace['teachers'][number]

/** What is said of one face about one knowledge. */
export interface Answer {
  knowledge: string
  task: string
  student: Prediction | null
  teachers: TeacherAnswer[]
  agreement: { state: 'yes' | 'no' | 'none', words: string }
}

/** A face's predictions by knowledge: the student's beside those of the teachers' heads. */
export function answersOf({ predictions, teachers }: Pick<TriedFace, 'predictions' | 'teachers'>): Answer[] {
  const names = [...new Set([...predictions, ...teachers].map(({ knowledge }) => knowledge))]
  return names.map((knowledge) => {
    const student = predictions.find(one => one.knowledge === knowledge) ?? null
    const own = teachers.filter(one => one.knowledge === knowledge)
    return { knowledge, task: (student ?? own[0])!.task, student, teachers: own, agreement: agreementOf(student, own) }
  })
}

/** Whether student and teachers say the same: the class that most teachers name, a number within theirs, at least nine of ten attributes as each teacher on average. */
export function agreementOf(student: Prediction | null, teachers: readonly Prediction[]): Answer['agreement'] {
  if (!student || teachers.length === 0)
    return { state: 'none', words: student ? 'no teacher has a head for it' : 'no student has a head for it' }
  if (student.attributes)
    return agreementOnAttributes(student.attributes, teachers.flatMap(({ attributes }) => attributes ? [attributes] : []))
  if (student.label !== null) {
    const same = teachers.filter(({ label }) => label === student.label).length
    return { state: 2 * same >= teachers.length ? 'yes' : 'no', words: `${same} of ${teachers.length} agree` }
  }
  const values = teachers.map(({ value }) => value)
  const [least, most] = [Math.min(...values), Math.max(...values)]
  const isWithin = student.value >= least && student.value <= most
  return { state: isWithin ? 'yes' : 'no', words: `${isWithin ? 'within' : 'outside'} ${least.toFixed(1)} to ${most.toFixed(1)}` }
}

function agreementOnAttributes(own: Record<string, number>, teachers: readonly Record<string, number>[]): Answer['agreement'] {
  const names = Object.keys(own)
  const pairs = teachers.flatMap(teacher => names.map(name => (teacher[name]! > 0.5) === (own[name]! > 0.5)))
  const same = pairs.filter(Boolean).length / Math.max(1, pairs.length)
  return { state: same >= 0.9 ? 'yes' : 'no', words: `${Math.round(100 * same)} % of the attributes alike` }
}

/** The likeliest classes with their share, or the attributes seen. */
export function topOf({ probabilities, label, probability, attributes }: Prediction, most = 3): { name: string, value: number }[] {
  if (attributes)
    return seenAttributes(attributes).map(({ name, value }) => ({ name: name.replaceAll('_', ' '), value }))
  if (probabilities)
    return Object.entries(probabilities).map(([name, value]) => ({ name, value })).sort((a, b) => b.value - a.value).slice(0, most)
  return label === null ? [] : [{ name: label, value: probability ?? 1 }]
}

/** "34.5 years". */
export function wordValue({ value, unit }: Pick<Prediction, 'value' | 'unit'>): string {
  return `${value.toFixed(1)} ${unit ?? ''}`.trim()
}
