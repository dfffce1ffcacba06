import type { Evaluation } from '#shared/order.ts'

/** What a model card says beside the preprocessing: where the model came from, what it was measured at, what to mind. */
export interface CardFacts {
  label: string
  key: string
  version: string
  engine: string | null
  studies: string[]
  evaluations: Evaluation[]
  /** Data sets it learnt from or was measured on. */
  datasets: { name: string, format: string, licence: string, root: string }[]
  teachers: { name: string, title: string, licence: string, contaminates: string[] }[]
  notices: string[]
}

/** The lower part of an exported model's README. */
export function writeModelCard({ label, key, version, engine, studies, evaluations, datasets, teachers, notices }: CardFacts): string {
  return [
    '## Where it came from',
    '',
    `- run: ${label}`,
    `- key: ${key}`,
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
    '',
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
    '- Errors differ between groups of people; measure them on your own before you rely on an answer.',
    '- A photograph without a found face has no answer.',
  ].join('\n')
}
