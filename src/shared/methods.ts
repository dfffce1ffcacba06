/**
 * The methods that tables compare, by the words of recipes, tables and JSON (Vielzeuf et al. 2019, Tables 3 and 6).
 *
 * | method | what it is |
 * |---|---|
 * | teacher:NAME | one teacher's embedding, frozen, and a head |
 * | concat | all embeddings side by side and an MLP of G's shape trained on the task (the paper's) |
 * | concat-small | all embeddings side by side and the small head |
 * | a combiner's name (pca, ae, ...) | h_G, frozen, and a head |
 * | student, student-finetuned | the distilled network, frozen or with all parameters trained |
 * | scratch | the student's architecture without any knowledge (the paper's CNN) |
 */
export type MethodFamily = 'teacher' | 'combiner' | 'student' | 'scratch'

export interface Method {
  name: string
  family: MethodFamily
  /** Teacher's or combiner's name. */
  of: string | null
  /** Whether pixels are trained on (student-finetuned, scratch). */
  trainsPixels: boolean
  /** The head has G's shape instead of one small hidden layer. */
  paperHead: boolean
}

/** Names of methods that do not depend on the recipe. */
export const fixedMethods = [
  'concat',
  'concat-small',
  'student',
  'student-finetuned',
  'scratch',
] as const

/** Every method name of a recipe, in the order of the paper's tables: single teachers, fused, student, baselines. */
export function methodNames(teachers: string[], combiners: string[]): string[] {
  return [
    ...teachers.map(name => `teacher:${name}`),
    'concat',
    'concat-small',
    ...combiners,
    'student',
    'student-finetuned',
    'scratch',
  ]
}

/** The method behind a name, or null where there is none of that name. */
export function findMethod(name: string, teachers: string[], combiners: string[]): Method | null {
  const base = {
    name,
    of: null,
    trainsPixels: false,
    paperHead: false,
  }
  if (name.startsWith('teacher:')) {
    const of = name.slice('teacher:'.length)
    return teachers.includes(of)
      ? { ...base, family: 'teacher', of }
      : null
  }
  if (combiners.includes(name))
    return { ...base, family: 'combiner', of: name }
  switch (name) {
    case 'concat': return {
      ...base,
      family: 'combiner',
      of: 'concat',
      paperHead: true,
    }
    case 'concat-small': return { ...base, family: 'combiner', of: 'concat' }
    case 'student': return { ...base, family: 'student' }
    case 'student-finetuned': return { ...base, family: 'student', trainsPixels: true }
    case 'scratch': return { ...base, family: 'scratch', trainsPixels: true }
    default: return null
  }
}
