import type { Evaluation } from '#shared/order.ts'
import type { GroupValue } from '../tables/read-groups.ts'

/** What a model card says beside the preprocessing: where the model came from, what it was measured at, what to mind. */
export interface CardFacts {
  label: string
  key: string
  /** The student that a transfer stands on. */
  student: { label: string, key: string } | null
  /** Models that a transfer trained, of which the first is exported. */
  folds: number
  version: string
  engine: string | null
  studies: string[]
  evaluations: Evaluation[]
  /** The same for groups of people, where the data set knows them. */
  groups: GroupValue[]
  /** Data sets it learnt from or was measured on. */
  datasets: { name: string, format: string, licence: string, root: string }[]
  teachers: { name: string, title: string, licence: string, contaminates: string[] }[]
  notices: string[]
}

/** The lower part of an exported model's README. */
export function writeModelCard({ label, key, student, folds, version, engine, studies, evaluations, groups, datasets, teachers, notices }: CardFacts): string {
  return [
    '## Where it came from',
    '',
    `- run: ${label}`,
    `- key: ${key}`,
    ...student ? [`- student below: ${student.label}, key ${student.key}`] : [],
    `- studies: ${studies.join(', ') || 'none'}`,
    `- made with Facet ${version}${engine
      ? `, TensorFlow ${engine}`
      : ''}`,
    '- method: Vielzeuf, Lechervy, Pateux, Jurie 2019, hal-02342091, Section 3',
    '',
    '## Figures',
    '',
    ...(evaluations.length > 0
      ? [
          '| scope | metric | value | 95 % interval | n |',
          '|---|---|---|---|---|',
          ...evaluations.map(({ scope, metric, value, interval, count }) => `| ${scope} | ${metric} | ${value.toFixed(2)} | ${interval.map(end => end.toFixed(2)).join(' to ')} | ${count} |`),
        ]
      : ['None: it was not measured on a task.']),
    ...(folds > 1 ? ['', `The figures are of ${folds} models, each measured on people that it did not learn from; this is the first of them.`] : []),
    '',
    ...groupsText(groups),
    '## Data and teachers',
    '',
    ...datasets.map(({ name, format, licence }) => `- data set ${name} (${format}): ${licence}`),
    ...teachers.map(({ name, title, licence, contaminates }) => `- teacher ${name} (${title}): ${licence}${contaminates.length > 0
      ? `; trained on ${contaminates.join(', ')}`
      : ''}`),
    '',
    '## Before it is used',
    '',
    ...notices.map(notice => `- ${notice}`),
    '- It was made for research on faces found and aligned as above, in photographs like those of its data sets; of others nothing is known.',
    '- Errors differ between groups of people; measure them on your own before you rely on an answer.',
    '- A photograph without a found face has no answer.',
  ].join('\n')
}

function groupsText(groups: readonly GroupValue[]): string[] {
  if (groups.length === 0)
    return ['By groups of people: none, its data set has no labels of gender, ethnicity or age, or it was not measured.', '']
  return [
    '| group | value | 95 % interval | n |',
    '|---|---|---|---|',
    ...groups.map(({ by, group, value, interval, count }) => `| ${by}: ${group} | ${value.toFixed(2)} | ${interval.map(end => end.toFixed(2)).join(' to ')} | ${count} |`),
    '',
  ]
}
