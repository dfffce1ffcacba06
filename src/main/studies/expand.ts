import type { Task } from '#shared/dataset.ts'
import type { Method } from '#shared/methods.ts'
import type { Cell, Mark } from '#shared/study-detail.ts'
import type { CheckedRecipe } from './parse-recipe.ts'
import type { Step, StudyDataset, StudyTeacher } from './step.ts'
import type { StudySteps } from './study-steps.ts'
import { FacetError } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'
import { studySteps } from './study-steps.ts'

/** A study taken apart: its runs in an order in which they can run, and what each gives to the tables. */
export interface Expansion {
  steps: Step[]
  cells: Cell[]
  /** prepare run per data set. */
  faces: { data: string, key: string }[]
  /** Runs with a reconstruction error, for Table 5. */
  reconstructions: { method: string, seed: number, key: string }[]
}

/**
 * Expands a recipe into runs, each once however many cells need it.
 *
 * @throws FacetError where a knowledge names a task that its data set does not have, or asks of it what its protocol forbids.
 */
export function expandStudy(checked: CheckedRecipe, datasets: StudyDataset[], teachers: StudyTeacher[]): Expansion {
  const { recipe, methods } = checked
  const steps = studySteps(checked, datasets, teachers)
  const faces = datasets.map(data => ({ data: data.name, key: steps.facesOf(data) }))
  const cells = recipe.knowledge.flatMap((knowledge) => {
    const data = datasets.find(one => one.name === knowledge.data)!
    const task = data.tasks[knowledge.task]
    if (!task)
      throw new FacetError('bad-input', `Knowledge "${knowledge.name}": the data set "${data.name}" (${data.format}) has no task "${knowledge.task}".`, { hint: suggestName(knowledge.task, Object.keys(data.tasks)) })
    checkAfter(knowledge, task, datasets)
    checkRanking(checked, knowledge.name, task)
    return methods.flatMap(({ method, seeds }) => {
      const reason = missingReason(task, method, knowledge)
      const isAfter = task.kind === 'verification' && method.trainsPixels && knowledge.after !== undefined
      const marks = [...marksOf(method, data, recipe.unlabelled, teachers), ...isAfter ? ['after-identity' as const] : []]
      return seeds.map((seed): Cell => ({ knowledge: knowledge.name, data: data.name, task: knowledge.task, method: method.name, seed, key: reason ? null : steps.transferOf(knowledge, data, task, method, seed), reason, marks }))
    })
  })
  const reconstructions = reconstructionRuns(checked, steps)
  return { steps: steps.all(), cells, faces, reconstructions }
}

/** Combiners that lose something, and, where the recipe asks for the table, its students: every seed of them is distilled then. */
function reconstructionRuns({ recipe, methods, target }: CheckedRecipe, { combinerOf, studentOf, multiTaskOf }: StudySteps): Expansion['reconstructions'] {
  const fused = methods.filter(({ method }) => method.family === 'combiner' && method.of !== 'concat')
  const rows = fused.flatMap(({ method, seeds }) => seeds.map(seed => ({ method: method.name, seed, key: combinerOf(method.of!, seed) })))
  const isAsked = (family: Method['family']): boolean => recipe.tables.includes('reconstruction') && methods.some(({ method }) => method.family === family)
  if (isAsked('multi-task'))
    rows.push(...recipe.seeds.map(seed => ({ method: 'mt', seed, key: multiTaskOf(seed) })))
  if (target && isAsked('student'))
    rows.push(...recipe.seeds.map(seed => ({ method: 'student', seed, key: studentOf(seed) })))
  return rows.filter((row, index) => rows.findIndex(other => other.method === row.method && other.key === row.key) === index)
}

/** @throws FacetError where a knowledge is to be trained on something first that is no identities, or is no verification */
function checkAfter({ name, after }: CheckedRecipe['recipe']['knowledge'][number], task: Task, datasets: StudyDataset[]): void {
  if (!after)
    return
  if (task.kind !== 'verification')
    throw new FacetError('bad-input', `Knowledge "${name}": after is for verification; this is a ${task.kind}.`, { hint: 'Leave after out.' })
  const { name: data, tasks } = datasets.find(one => one.name === after.data)!
  const classes = Object.keys(tasks).filter(one => tasks[one]!.kind === 'classification')
  if (!classes.includes(after.task))
    throw new FacetError('bad-input', `Knowledge "${name}": after.task: the data set "${data}" has no classification "${after.task}".`, { hint: suggestName(after.task, classes) })
}

/**
 * Ridge ranks subsets over several folds: of people who are left out in turn, those of one fold would have a say in which heads answer
 * for them.
 *
 * @throws FacetError where only subsets of the best ranks get heads though people are left out
 */
function checkRanking({ recipe, methods }: CheckedRecipe, name: string, task: Task): void {
  const { train = 'all' } = recipe.stages.select
  if (train !== 'all' && task.protocol === 'subjects' && methods.some(({ method }) => method.family === 'selection'))
    throw new FacetError('bad-input', `Knowledge "${name}" leaves people out in turn, so all subsets of teachers must be trained; stages.select.train is ${train}.`, { where: 'stages.select.train', hint: 'Leave it out, or give this knowledge a study of its own.' })
}

function missingReason(task: Task, method: Method, { after }: CheckedRecipe['recipe']['knowledge'][number]): string | null {
  return task.kind === 'verification' && method.trainsPixels && !after
    ? 'Verification by a trained network needs identity training on another data set first (the paper: 100,000 faces of VGGFace2): after: { data: vggface2, task: identity } of the knowledge.'
    : null
}

function marksOf(method: Method, data: StudyDataset, unlabelled: string[], teachers: StudyTeacher[]): Mark[] {
  // which teachers a selection or p-cnn leans on is known once it has chosen: the tables ask its result
  const behind = teachers.filter(teacher => !['scratch', 'p-cnn', 'selection'].includes(method.family) && (method.family !== 'teacher' || teacher.name === method.of))
  const hasLearnt = ['combiner', 'multi-task', 'student'].includes(method.family) && unlabelled.includes(data.name)
  const marks: Mark[] = []
  if (behind.some(teacher => teacher.contaminates.includes(data.format)))
    marks.push('contaminated')
  if (hasLearnt && Object.values(data.tasks).some(task => task.protocol !== 'split'))
    marks.push('seen-unlabelled')
  if (method.selection?.choose === 'test')
    marks.push('oracle')
  return marks
}
