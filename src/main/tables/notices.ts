import type { TableDataset, TableInput, TableKnowledge } from './input.ts'

const sensitive: Record<string, RegExp> = {
  emotion: /expr|emotion|pain|valence|arousal|action.?unit|^au\d/i,
  ethnicity: /ethnic|race/i,
}

/** Whether a knowledge is about emotion or ethnicity, which the EU AI Act restricts. */
export function isSensitive({ name, task }: Pick<TableKnowledge, 'name' | 'task'>): boolean {
  return Object.values(sensitive).some(pattern => pattern.test(task) || pattern.test(name))
}

/** What a reader must know beside the figures: limits on tasks, terms of the data, contamination. */
export function noticesOf(input: {
  knowledge: Pick<TableKnowledge, 'name' | 'task'>[]
  datasets: Pick<TableDataset, 'name' | 'format' | 'licence'>[]
  teachers: Pick<TableInput['teachers'][number], 'name' | 'contaminates'>[]
}): string[] {
  const kinds = Object.entries(sensitive)
    .filter(([, pattern]) => input.knowledge.some(({ name, task }) => pattern.test(task) || pattern.test(name)))
    .map(([kind]) => kind)
  const formats = new Set(input.datasets.map(({ format }) => format))
  const guilty = input.teachers.flatMap(({ name, contaminates }) => {
    const here = contaminates.filter(format => formats.has(format))
    return here.length > 0
      ? [`${name} (${here.join(', ')})`]
      : []
  })
  return [
    ...(input.datasets.some(({ format }) => format !== 'synthetic' && format !== 'synthetic-objects')
      ? ['Face data are personal data: keep to the terms of each data set and to your consent or legal basis.']
      : []),
    ...(kinds.length > 0
      ? [`Tasks on ${kinds.join(' and ')}: the EU AI Act (Regulation 2024/1689) forbids inferring emotions at work and in education and categorising people biometrically by race, and treats other uses as high risk. These figures are research results, no basis for decisions about people.`]
      : []),
    ...(formats.has('ms-celeb')
      ? ['MS-Celeb-1M was withdrawn by its publisher; say how your copy was obtained.']
      : []),
    ...(guilty.length > 0
      ? [`Contamination: trained on data of this study's test sets: ${guilty.join(', ')}. Read the marked cells with that in mind.`]
      : []),
    ...input.datasets.map(({ name, licence }) => `${name}: ${licence}`),
  ]
}
