/**
 * The methods that tables compare, by the words of recipes, tables and JSON (Vielzeuf et al. 2019, Tables 3 and 6).
 *
 * | method | what it is |
 * |---|---|
 * | teacher:NAME | one teacher's embedding, frozen, and a head |
 * | concat | all embeddings side by side and an MLP of G's shape trained on the task (the paper's) |
 * | concat-small | all embeddings side by side and the small head |
 * | a combiner's name (pca, ae, ...) | h_G, frozen, and a head |
 * | mt, mt-finetuned | the multi-task student E_MT, which learnt the embeddings themselves: frozen or with all parameters trained |
 * | student, student-finetuned | the distilled network, frozen or with all parameters trained |
 * | scratch | the student's architecture without any knowledge (the paper's CNN) |
 * | p-cnn | the teacher that transfers best on validation, all its parameters trained |
 * | bt, bct | the best teacher, the best of all subsets of teachers side by side: a head for each, chosen on validation |
 * | bt-oracle, bct-oracle | the same chosen on the test set, as the paper does |
 */
export type MethodFamily = 'teacher' | 'combiner' | 'multi-task' | 'student' | 'scratch' | 'p-cnn' | 'selection'

export interface Method {
  name: string
  family: MethodFamily
  /** Teacher's or combiner's name. */
  of: string | null
  /** Whether pixels are trained on (mt-finetuned, student-finetuned, scratch, p-cnn). */
  trainsPixels: boolean
  /** The head has G's shape instead of one small hidden layer. */
  paperHead: boolean
  /** Which subsets of teachers are tried, and what the best is chosen on. */
  selection: { subsets: 'single' | 'all', choose: 'validation' | 'test' } | null
}

/** Names of methods that do not depend on the recipe. */
export const fixedMethods = [
  'concat',
  'concat-small',
  'mt',
  'mt-finetuned',
  'student',
  'student-finetuned',
  'scratch',
  'p-cnn',
  'bt',
  'bct',
  'bt-oracle',
  'bct-oracle',
] as const

/** Methods whose network sees pixels by itself, the one to predict with first. */
export const pixelMethods: readonly string[] = ['student', 'student-finetuned', 'mt', 'mt-finetuned', 'scratch']

/** "student, ... or scratch", for people. */
export const pixelMethodWords = `${pixelMethods.slice(0, -1).join(', ')} or ${pixelMethods.at(-1)}`

/** Every method name of a recipe, in the order of the paper's tables: single teachers, fused, student, baselines. */
export function methodNames(teachers: string[], combiners: string[]): string[] {
  return [
    ...teachers.map(name => `teacher:${name}`),
    'concat',
    'concat-small',
    ...combiners,
    'mt',
    'mt-finetuned',
    'student',
    'student-finetuned',
    'scratch',
    'p-cnn',
    'bt',
    'bct',
    'bt-oracle',
    'bct-oracle',
  ]
}

/** The method behind a name, or null where there is none of that name. */
export function findMethod(name: string, teachers: string[], combiners: string[]): Method | null {
  const base = {
    name,
    of: null,
    trainsPixels: false,
    paperHead: false,
    selection: null,
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
    case 'mt': return { ...base, family: 'multi-task' }
    case 'mt-finetuned': return { ...base, family: 'multi-task', trainsPixels: true }
    case 'student': return { ...base, family: 'student' }
    case 'student-finetuned': return { ...base, family: 'student', trainsPixels: true }
    case 'scratch': return { ...base, family: 'scratch', trainsPixels: true }
    case 'p-cnn': return { ...base, family: 'p-cnn', trainsPixels: true }
    case 'bt': return { ...base, family: 'selection', selection: { subsets: 'single', choose: 'validation' } }
    case 'bct': return { ...base, family: 'selection', selection: { subsets: 'all', choose: 'validation' } }
    case 'bt-oracle': return { ...base, family: 'selection', selection: { subsets: 'single', choose: 'test' } }
    case 'bct-oracle': return { ...base, family: 'selection', selection: { subsets: 'all', choose: 'test' } }
    default: return null
  }
}
