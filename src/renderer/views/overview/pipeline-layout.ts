import type { IconName } from '#renderer/components/icons.ts'
import type { ShownState } from '#renderer/components/states.ts'
import type { Counts, Pipeline } from '#shared/pipeline.ts'
import { stateLooks } from '#renderer/components/states.ts'
import { wordCount } from '#renderer/format.ts'
import { boxState, totalOf } from '#shared/pipeline.ts'

/** A box of the picture in pixels, with what it says and where it leads. */
export interface Box {
  id: string
  kind: 'plain' | 'teacher' | 'knowledge'
  x: number
  y: number
  width: number
  height: number
  title: string
  /** A symbol of the paper before the title. */
  symbol?: string
  state: ShownState
  stateWord: string
  facts: { label: string, value: string, isWarning?: boolean }[]
  /** Share of the run at work. */
  progress?: number | null
  curve?: number[]
  bar?: number
  route: string
  /** All of it in one sentence, for readers. */
  words: string
}

export interface Lane { x: number, width: number, title: string, state: ShownState, word: string, share: number }
export interface Picture { width: number, height: number, boxes: Box[], lanes: Lane[], edges: string[], loop: string, loopAt: { x: number, y: number } }

/** Left edge and width of each column, in parts of 1190. */
const columns = {
  photographs: [0, 130],
  faces: [144, 122],
  teachers: [288, 176],
  embeddings: [478, 92],
  combiner: [592, 112],
  fused: [718, 96],
  student: [830, 138],
  knowledge: [984, 206],
} as const
const whole = 1190
const top = 40
const least = 334
const studentHeight = 206

/** Where everything of the picture stands at a width. */
export function layoutPipeline(pipeline: Pipeline, width: number): Picture {
  const scale = width / whole
  const at = (column: keyof typeof columns): { x: number, width: number } => ({ x: columns[column][0] * scale, width: columns[column][1] * scale })
  const height = Math.max(least, pipeline.knowledge.length * 34, pipeline.teachers.length * 57, pipeline.students.length * (studentHeight + 14) - 14)
  const middle = top + height / 2
  const placed = (column: keyof typeof columns, tall: number): Pick<Box, 'x' | 'y' | 'width' | 'height'> => ({ ...at(column), y: middle - tall / 2, height: tall })
  const boxes: Box[] = []
  const put = (box: Omit<Box, 'words'>): Box => {
    const made = { ...box, words: `${box.title || 'Fused embedding'}, ${box.stateWord}${box.facts.length > 0 ? `: ${box.facts.map(({ label, value }) => `${label} ${value}`).join(', ')}` : ''}` }
    boxes.push(made)
    return made
  }
  const photographs = put({ ...photographsBox(pipeline), ...placed('photographs', 60 + 19 * Math.min(8, pipeline.datasets.length + 2)) })
  const faces = put({ ...facesBox(pipeline), ...placed('faces', 128) })
  const teachers = spread(pipeline.teachers.length, height, 50).map(({ y, height }, index) => put({ ...teacherBox(pipeline, index), ...at('teachers'), y: top + y, height }))
  const target = pipeline.combiners.find(({ isTarget }) => isTarget) ?? pipeline.combiners[0]
  const combiner = target && put({ ...combinerBox(pipeline, target), ...placed('combiner', 148) })
  const fused = target && put({ ...fusedBox(pipeline, target), ...placed('fused', 104) })
  const students = spread(pipeline.students.length, height, studentHeight).map(({ y, height }, index) => put({ ...studentBox(pipeline, index), ...at('student'), y: top + y, height }))
  const knowledge = spread(pipeline.knowledge.length, height, 30).map(({ y, height }, index) => put({ ...knowledgeBox(pipeline, index), ...at('knowledge'), y: top + y, height }))

  const right = (box: Box): [number, number] => [box.x + box.width, box.y + box.height / 2]
  const left = (box: Box): [number, number] => [box.x, box.y + box.height / 2]
  const edges = [
    curve(right(photographs), left(faces)),
    ...teachers.flatMap((teacher) => {
      const embedding = at('embeddings')
      const y = teacher.y + teacher.height / 2
      return [
        curve(right(faces), left(teacher)),
        curve(right(teacher), [embedding.x, y]),
        ...combiner ? [curve([embedding.x + embedding.width, y], left(combiner))] : [],
      ]
    }),
    ...combiner && fused ? [curve(right(combiner), left(fused))] : [],
    ...students.flatMap((student, index) => pipeline.students[index]!.learns === 'embeddings'
      ? teachers.map(({ y, height }) => curve([at('embeddings').x + at('embeddings').width, y + height / 2], left(student)))
      : fused ? [curve(right(fused), left(student))] : []),
    ...knowledge.flatMap(box => (students.length > 0 ? students : [fused ?? faces]).map(from => curve(right(from), left(box)))),
  ]
  const bottom = top + height + 10
  const last = students.at(-1)
  return {
    width,
    height: bottom + 14,
    boxes,
    lanes: lanesOf(pipeline, scale),
    edges,
    loop: last ? `M${faces.x + faces.width / 2} ${faces.y + faces.height}V${bottom}H${last.x + last.width / 2}V${last.y + last.height}` : '',
    loopAt: { x: at('embeddings').x - 40 * scale, y: bottom },
  }
}

/** Places of rows of one height, spread over the whole. */
function spread(count: number, height: number, row: number): { y: number, height: number }[] {
  const gap = count > 1 ? (height - count * row) / (count - 1) : 0
  return Array.from({ length: count }, (_, index) => ({ y: count === 1 ? (height - row) / 2 : index * (row + gap), height: row }))
}

function curve([x1, y1]: [number, number], [x2, y2]: [number, number]): string {
  const bend = (x2 - x1) * 0.55
  return `M${x1.toFixed(1)} ${y1.toFixed(1)}C${(x1 + bend).toFixed(1)} ${y1.toFixed(1)} ${(x2 - bend).toFixed(1)} ${y2.toFixed(1)} ${x2.toFixed(1)} ${y2.toFixed(1)}`
}

/** "3 of 3 sets", "1 of 7 failed". */
function wordCounts(counts: Counts, what: string): string {
  const total = totalOf(counts)
  if (counts.failed)
    return `${counts.failed} of ${total} failed`
  if (total === 0)
    return 'to do'
  return total === 1 ? boxState(counts) : `${counts.done ?? 0} of ${total} ${what}`
}

function runsRoute({ study }: Pipeline, stage: string, keys: readonly string[], text = ''): string {
  if (keys.length === 1)
    return `/runs/${keys[0]}`
  return `/runs?stages=${stage}&of=${encodeURIComponent(study)}${text ? `&text=${encodeURIComponent(text)}` : ''}`
}

type Drawn = Omit<Box, 'words' | 'x' | 'y' | 'width' | 'height'>

function photographsBox({ datasets }: Pipeline): Drawn {
  const missing = datasets.filter(({ isThere, root, images }) => !isThere && (root !== null || images !== null))
  const known = datasets.filter(({ images }) => images !== null)
  return {
    id: 'photographs',
    kind: 'plain',
    title: 'Photographs',
    state: missing.length > 0 ? 'waiting' : known.length === datasets.length && datasets.length > 0 ? 'cached' : 'to do',
    stateWord: missing.length > 0 ? 'no folder' : known.length === datasets.length && datasets.length > 0 ? 'there' : 'not read yet',
    facts: datasets.slice(0, 8).map(({ name, images, isThere, root }) => ({
      label: name,
      value: images !== null ? isThere ? wordCount(images) : 'no folder' : root === null ? 'to draw' : 'not read',
      isWarning: images !== null && !isThere,
    })),
    route: '/datasets',
  }
}

function facesBox(pipeline: Pipeline): Drawn {
  const { faces } = pipeline
  return {
    id: 'faces',
    kind: 'plain',
    title: 'Faces',
    state: boxState(faces.counts),
    stateWord: wordCounts(faces.counts, 'sets'),
    facts: [
      { label: 'Aligned', value: wordCount(faces.found) },
      { label: 'Not found', value: wordCount(faces.notFound) },
      ...faces.size === null ? [] : [{ label: 'Size', value: `${faces.size} × ${faces.size}` }],
    ],
    route: runsRoute(pipeline, 'prepare', faces.keys),
  }
}

function teacherBox(pipeline: Pipeline, index: number): Drawn {
  const { name, counts, keys, dimension } = pipeline.teachers[index]!
  const widest = Math.max(...pipeline.teachers.map(teacher => teacher.dimension ?? 1))
  return {
    id: `teacher:${name}`,
    kind: 'teacher',
    title: name,
    state: boxState(counts),
    stateWord: wordCounts(counts, 'sets'),
    facts: dimension === null ? [] : [{ label: `h${index + 1}`, value: `${wordCount(dimension)}-d` }],
    bar: Math.sqrt((dimension ?? 0) / widest),
    route: runsRoute(pipeline, 'embed', keys),
  }
}

type Combiner = Pipeline['combiners'][number]

function combinerBox(pipeline: Pipeline, target: Combiner): Drawn {
  const inputs = pipeline.teachers.reduce((sum, { dimension }) => sum + (dimension ?? 0), 0)
  const others = pipeline.combiners.filter(other => other !== target)
  return {
    id: 'combiner',
    kind: 'plain',
    symbol: 'G',
    title: target.name,
    state: boxState(target.counts),
    stateWord: wordCounts(target.counts, 'seeds'),
    facts: [
      ...inputs > 0 ? [{ label: 'In', value: wordCount(inputs) }] : [],
      ...target.size === null ? [] : [{ label: 'Out', value: wordCount(target.size) }],
      ...target.nrmse === null ? [] : [{ label: 'nRMSE', value: target.nrmse.toFixed(2) }],
      ...others.slice(0, 3).map(({ name, nrmse }) => ({ label: name, value: nrmse === null ? 'to do' : nrmse.toFixed(2) })),
    ],
    route: runsRoute(pipeline, 'combine', target.keys),
  }
}

function fusedBox(pipeline: Pipeline, target: Combiner): Drawn {
  return {
    id: 'fused',
    kind: 'plain',
    symbol: 'hG',
    title: '',
    state: boxState(target.counts),
    stateWord: boxState(target.counts),
    facts: [
      ...target.size === null ? [] : [{ label: 'Size', value: wordCount(target.size) }],
      ...target.faces === null ? [] : [{ label: 'Faces', value: wordCount(target.faces) }],
    ],
    route: runsRoute(pipeline, 'combine', target.keys),
  }
}

function studentBox(pipeline: Pipeline, index: number): Drawn {
  const student = pipeline.students[index]!
  return {
    id: student.name,
    kind: 'plain',
    title: student.learns === 'fused' ? 'Student' : 'Multi-task student',
    state: boxState(student.counts),
    stateWord: wordCounts(student.counts, 'seeds'),
    progress: student.progress,
    curve: student.curve,
    facts: [
      { label: 'Network', value: student.network },
      ...student.cosine === null ? [] : [{ label: 'val cosine', value: student.cosine.toFixed(3) }],
      ...student.nrmse === null ? [] : [{ label: 'nRMSE', value: student.nrmse.toFixed(2) }],
      ...student.parameters === null ? [] : [{ label: 'Parameters', value: `${(student.parameters / 1e6).toFixed(2)} M` }],
    ],
    route: runsRoute(pipeline, 'distil', student.keys),
  }
}

function knowledgeBox(pipeline: Pipeline, index: number): Drawn {
  const { name, counts, keys, figure, unit, reason, method } = pipeline.knowledge[index]!
  const state = boxState(counts)
  const word = figure
    ? `${figure.mean.toFixed(figure.name === 'accuracy' ? 1 : 2)}${figure.std === null ? '' : ` ± ${figure.std.toFixed(figure.name === 'accuracy' ? 1 : 2)}`}${unit ? ` ${unit === 'years' ? 'y' : unit}` : ''}`
    : reason ?? `${counts.done ?? 0} of ${totalOf(counts)} runs`
  return {
    id: `knowledge:${name}`,
    kind: 'knowledge',
    title: name,
    state,
    stateWord: counts.failed ? `${counts.failed} of ${totalOf(counts)} failed` : totalOf(counts) === 0 ? 'to do' : word,
    facts: figure && method ? [{ label: `by ${method}, seeds`, value: String(figure.n) }] : [],
    route: runsRoute(pipeline, 'transfer,select', keys, name),
  }
}

function lanesOf(pipeline: Pipeline, scale: number): Lane[] {
  const sum = (all: readonly Counts[]): Counts => all.reduce<Counts>((total, counts) => {
    const next = { ...total }
    for (const [state, count] of Object.entries(counts) as [keyof Counts, number][])
      next[state] = (next[state] ?? 0) + count
    return next
  }, {})
  // Each embed run holds all teachers, so one teacher's counts are those of the lane.
  const lanes: [string, keyof typeof columns, keyof typeof columns, Counts][] = [
    ['Prepare', 'photographs', 'faces', pipeline.faces.counts],
    ['Embed', 'teachers', 'embeddings', pipeline.teachers[0]?.counts ?? {}],
    ['Step 1: combine', 'combiner', 'fused', sum(pipeline.combiners.map(({ counts }) => counts))],
    ['Step 2: distil', 'student', 'student', sum(pipeline.students.map(({ counts }) => counts))],
    ['Step 3: transfer', 'knowledge', 'knowledge', sum(pipeline.knowledge.map(({ counts }) => counts))],
  ]
  return lanes.map(([title, from, to, counts]) => {
    const total = totalOf(counts)
    const state = boxState(counts)
    return {
      x: columns[from][0] * scale,
      width: (columns[to][0] + columns[to][1] - columns[from][0]) * scale,
      title,
      state,
      word: total === 0 || state === 'done' ? state : `${counts.done ?? 0} of ${total}`,
      share: total === 0 ? 0 : (counts.done ?? 0) / total,
    }
  })
}

/** Colour of a state's mark. */
export function toneOf(state: ShownState): string {
  return stateLooks[state].tone
}

/** Icon of a state. */
export function iconOf(state: ShownState): { name: IconName, turns: boolean } {
  return { name: stateLooks[state].icon, turns: stateLooks[state].turns ?? false }
}
