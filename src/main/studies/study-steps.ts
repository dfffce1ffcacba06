import type { Task } from '#shared/dataset.ts'
import type { Method } from '#shared/methods.ts'
import type { CombineEntry } from '#shared/recipe.ts'
import type { CheckedRecipe } from './parse-recipe.ts'
import type { Step, StepParts, StepSource, StudyDataset, StudyTeacher } from './step.ts'
import { encoderWidths } from '#shared/stages/combine.ts'
import { stages } from '#shared/stages/index.ts'
import { fineTuneDefaults, pCnnDefaults } from '#shared/stages/transfer.ts'
import { makeStep, merge } from './step.ts'

type Knowledge = CheckedRecipe['recipe']['knowledge'][number]

/** Makes a study's runs as they are asked for, each once; every function gives a run's key. */
export interface StudySteps {
  facesOf: (data: StudyDataset) => string
  combinerOf: (name: string, seed: number) => string
  studentOf: (seed: number) => string
  multiTaskOf: (seed: number) => string
  transferOf: (knowledge: Knowledge, data: StudyDataset, task: Task, method: Method, seed: number) => string
  /** All runs asked for so far, each after what it needs. */
  all: () => Step[]
}

/** The runs of a recipe: stages x grid x seeds. */
export function studySteps({ recipe, combiners, target }: CheckedRecipe, datasets: StudyDataset[], teachers: StudyTeacher[]): StudySteps {
  const steps = new Map<string, Step>()
  const add = (stage: Step['stage'], parts: StepParts): string => {
    const step = makeStep(stage, { ...parts, isDeterministic: recipe.deterministic })
    steps.set(step.key, steps.get(step.key) ?? step)
    return step.key
  }
  const { prepare, embed, distil: { target: _, seeds: distilSeeds, multiTask, ...distil }, transfer: { fineTune = {}, pCnn = {}, ...transfer }, select: selecting } = recipe.stages

  const facesOf = (data: StudyDataset): string => add('prepare', { label: `prepare ${data.name}`, config: { aligned: data.aligned, ...prepare }, inputs: { sources: [sourceOf(data)] }, keyed: { dataset: data.fingerprint } })
  const embeddingsOf = (data: StudyDataset): string => {
    const faces = facesOf(data)
    const config = { ...embed, teachers: teachers.map(({ name, sha256 }) => ({ name, sha256 })) }
    return add('embed', { label: `embed ${data.name}`, config, inputs: { sources: [sourceOf(data, { faces })], teachers }, keyed: { faces }, needs: [faces] })
  }
  const unlabelled = (): StepSource[] => recipe.unlabelled.map(name => datasets.find(data => data.name === name)!).map(data => sourceOf(data, { faces: facesOf(data), embeddings: embeddingsOf(data), unlabelled: true }))
  // those that keep copies of unlabelled photographs for a test: the worker leaves the copies out
  const guards = datasets.flatMap(({ heldOutCopies, ...data }) => heldOutCopies ? [{ copies: heldOutCopies, source: sourceOf(data) }] : [])
  const { nearCopies } = recipe
  const heldOut = { ...guards.length > 0 && { heldOutCopies: guards.map(({ copies }) => copies) }, ...nearCopies !== undefined && { nearCopies } }
  // near copies are found by the embeddings of all that is held out, in whichever data set
  const others = (): StepSource[] => nearCopies === undefined
    ? guards.map(({ source }) => source)
    : datasets.filter(({ name }) => !recipe.unlabelled.includes(name)).map(data => sourceOf(data, { faces: facesOf(data), embeddings: embeddingsOf(data) }))
  const learnt = (): StepSource[] => [...unlabelled(), ...others()]

  const combinerOf = (name: string, seed: number): string => {
    const { name: _, ...config } = combiners.find(entry => entry.name === name) ?? { name, kind: 'concat' as const }
    const sources = learnt()
    const embeddings = sources.flatMap(source => source.embeddings ?? [])
    return add('combine', { label: `combine ${name}`, config, seed, inputs: { sources, teachers, nearCopies }, keyed: { embeddings, ...heldOut }, needs: embeddings })
  }
  const distilSeed = (seed: number): number => !distilSeeds || distilSeeds.includes(seed) ? seed : distilSeeds[0]!
  const studentOf = (seed: number): string => {
    const own = distilSeed(seed)
    const combiner = combinerOf(target!, own)
    const sources = learnt()
    return add('distil', { label: `distil ${target}`, config: distil, seed: own, inputs: { sources, teachers, combiner, nearCopies }, keyed: { combiner, faces: sources.flatMap(source => source.faces ?? []) }, needs: [combiner] })
  }

  const multiTaskOf = (seed: number): string => {
    const sources = learnt()
    const embeddings = sources.flatMap(source => source.embeddings ?? [])
    const config = { ...distil, multiTask: { ...shapeOf(combiners.find(({ name }) => name === target)), ...multiTask } }
    return add('distil', { label: 'distil multi-task', config, seed: distilSeed(seed), inputs: { sources, teachers, nearCopies }, keyed: { embeddings, faces: sources.flatMap(source => source.faces ?? []), ...heldOut }, needs: embeddings })
  }

  /** All labels is no share: such a run has the key that it has in a study without shares. */
  const labelsOf = (knowledge: Knowledge, task: Task): number | undefined => {
    const share = knowledge.labels?.[0] ?? transfer.labels ?? 1
    return share < 1 && task.kind !== 'verification' ? share : undefined
  }
  const frozen = (knowledge: Knowledge, task: Task) => ({ task: knowledge.task, ...foldsOf(knowledge, task, 'frozen'), ...transfer, labels: labelsOf(knowledge, task) })
  const tuned = (knowledge: Knowledge, task: Task, { defaults = {}, set = {} }: { defaults?: object, set?: object } = {}) => ({ task: knowledge.task, ...foldsOf(knowledge, task, 'fine-tuned'), ...merge(merge(merge(merge(fineTuneDefaults, defaults), transfer), fineTune), set), labels: labelsOf(knowledge, task) })
  const paperHead = () => {
    const { size = 'mean', layers = 3 } = combiners.find(entry => entry.name === target)!
    const width = teachers.reduce((sum, teacher) => sum + teacher.dimension, 0)
    return { dropout: 0.5, ...transfer.head, hidden: encoderWidths(width, size === 'mean' ? Math.round(width / teachers.length) : size, layers) }
  }
  const onTeacher = (data: StudyDataset, name: string): Pick<StepParts, 'inputs' | 'keyed' | 'needs'> => {
    // keyed by the one teacher, so that another list of teachers leaves its heads alone
    const teacher = teachers.find(one => one.name === name)!
    const [faces, embeddings] = [facesOf(data), embeddingsOf(data)]
    return { inputs: { sources: [sourceOf(data, { faces, embeddings })], teachers: [teacher] }, keyed: { faces, teacher: teacher.sha256, ...embedKeyed() }, needs: [embeddings] }
  }
  const onCombiner = (data: StudyDataset, name: string, seed: number): Pick<StepParts, 'inputs' | 'keyed' | 'needs'> => {
    const [faces, embeddings, combiner] = [facesOf(data), embeddingsOf(data), combinerOf(name, seed)]
    return { inputs: { sources: [sourceOf(data, { faces, embeddings })], teachers, combiner }, keyed: { embeddings, combiner }, needs: [embeddings, combiner] }
  }
  const onPixels = (data: StudyDataset, student: string | null): Pick<StepParts, 'inputs' | 'keyed' | 'needs'> => {
    const faces = facesOf(data)
    return { inputs: { sources: [sourceOf(data, { faces })], student }, keyed: { faces, ...student && { student } }, needs: [faces, ...student ? [student] : []] }
  }
  const selectOf = (knowledge: Knowledge, data: StudyDataset, task: Task, { name, selection }: Method, seed: number): string => {
    // keyed by the teachers in their order and the faces: embeddings of further teachers change nothing
    const [faces, embeddings] = [facesOf(data), embeddingsOf(data)]
    const { augmentation: _, ...heads } = transfer
    const common = { seed, isSeedless: task.kind === 'verification', inputs: { sources: [sourceOf(data, { faces, embeddings })], teachers }, keyed: { faces, teachers: teachers.map(({ sha256 }) => sha256), ...embedKeyed() } }
    const config = { task: knowledge.task, ...foldsOf(knowledge, task, 'frozen'), ...heads, labels: labelsOf(knowledge, task), ...selecting, subsets: selection!.subsets }
    const honest = add('select', { ...common, label: `select ${knowledge.name}, ${name.replace('-oracle', '')}`, config, needs: [embeddings] })
    if (selection!.choose === 'validation')
      return honest
    return add('select', { ...common, label: `select ${knowledge.name}, ${name}`, config: { ...config, choose: 'test' }, inputs: { ...common.inputs, selection: honest }, keyed: { selection: honest }, needs: [honest] })
  }
  /** A transfer that trains a network, of verification after it has learnt identities of another data set. */
  const addTrained = (knowledge: Knowledge, parts: StepParts, withEmbeddings = false): string => {
    if (!knowledge.after)
      return add('transfer', parts)
    const { data: name, ...after } = knowledge.after
    const data = datasets.find(one => one.name === name)!
    const faces = facesOf(data)
    const embeddings = withEmbeddings ? embeddingsOf(data) : null
    return add('transfer', {
      ...parts,
      isSeedless: false,
      config: { ...parts.config, after },
      inputs: { ...parts.inputs, sources: [...parts.inputs.sources!, sourceOf(data, { faces, embeddings })] },
      keyed: { ...parts.keyed, after: faces },
      needs: [...parts.needs ?? [], faces, ...embeddings ? [embeddings] : []],
    })
  }
  const transferOf: StudySteps['transferOf'] = (knowledge, data, task, method, seed) => {
    const common = { label: `transfer ${knowledge.name}, ${method.name}`, seed, isSeedless: task.kind === 'verification' }
    switch (method.family) {
      case 'teacher':
        return add('transfer', { ...common, config: { ...frozen(knowledge, task), encoder: { kind: 'teacher', name: method.of } }, ...onTeacher(data, method.of!) })
      case 'combiner':
        return add('transfer', { ...common, config: { ...frozen(knowledge, task), ...method.paperHead && { head: paperHead() }, encoder: { kind: 'combiner' } }, ...onCombiner(data, method.of!, seed) })
      case 'multi-task':
      case 'student': {
        const student = method.family === 'student' ? studentOf(seed) : multiTaskOf(seed)
        const config = method.trainsPixels ? { ...tuned(knowledge, task), encoder: { kind: 'student', mode: 'fine-tune' } } : { ...frozen(knowledge, task), encoder: { kind: 'student', mode: 'frozen' } }
        return method.trainsPixels
          ? addTrained(knowledge, { ...common, config, ...onPixels(data, student) })
          : add('transfer', { ...common, config, ...onPixels(data, student) })
      }
      case 'scratch': {
        const { network, width, input } = distil
        return addTrained(knowledge, { ...common, config: { ...tuned(knowledge, task), encoder: { kind: 'scratch', network, width, input } }, ...onPixels(data, null) })
      }
      case 'p-cnn': {
        // keyed by the teachers' own transfers: which of them is best is a function of these
        const headOf = (name: string): string => addTrained(knowledge, { ...common, label: `transfer ${knowledge.name}, teacher:${name}${knowledge.after ? ' after identity' : ''}`, config: { ...frozen(knowledge, task), encoder: { kind: 'teacher', name } }, ...onTeacher(data, name) }, true)
        const [faces, candidates] = [facesOf(data), teachers.map(({ name }) => ({ teacher: name, key: headOf(name) }))]
        const config = { ...tuned(knowledge, task, { defaults: pCnnDefaults, set: pCnn }), encoder: { kind: 'p-cnn' } }
        return addTrained(knowledge, { ...common, config, inputs: { sources: [sourceOf(data, { faces })], teachers, candidates }, keyed: { faces, candidates: candidates.map(({ key }) => key) }, needs: [faces, ...candidates.map(({ key }) => key)] })
      }
      case 'selection': return selectOf(knowledge, data, task, method, seed)
      default: return method.family satisfies never
    }
  }
  return { facesOf, combinerOf, studentOf, multiTaskOf, transferOf, all: () => inOrder([...steps.values()]) }
}

/** The version of embed when runs on single teachers were first keyed without that of their embeddings. */
const unnamedEmbed = 2

/** What keys name of embeddings that they do not hold by key: another version gives other ones. The first is not named, so that what was computed on it is still found. */
function embedKeyed(): { embed?: number } {
  const { version } = stages.embed
  return version === unnamedEmbed ? {} : { embed: version }
}

/** The combiner's size, layers and activation, which the multi-task student and its decoder share unless they have their own: both are compared. */
function shapeOf(combiner: CombineEntry | undefined): Pick<CombineEntry, 'size' | 'layers' | 'activation'> {
  if (!combiner || combiner.kind === 'concat')
    return {}
  const { size, layers, activation } = combiner
  return { size, layers, activation }
}

function sourceOf({ name, root, fingerprint }: StudyDataset, { faces = null, embeddings = null, unlabelled = false }: { faces?: string | null, embeddings?: string | null, unlabelled?: boolean } = {}): StepSource {
  return { name, root, fingerprint, faces, embeddings, unlabelled }
}

/** How subjects are left out: each in turn where heads are cheap, five groups where pixels are trained on. */
function foldsOf(knowledge: Knowledge, task: Task, training: 'frozen' | 'fine-tuned'): { folds?: 'subject' | number } {
  return task.protocol === 'subjects' ? { folds: knowledge.folds[training] ?? (training === 'frozen' ? 'subject' : 5) } : {}
}

/** Every run after all that it needs: in the order of the stages. */
function inOrder(steps: Step[]): Step[] {
  const order = Object.keys(stages)
  return steps.map((step, index) => ({ step, index })).sort((a, b) => order.indexOf(a.step.stage) - order.indexOf(b.step.stage) || a.index - b.index).map(({ step }) => step)
}
