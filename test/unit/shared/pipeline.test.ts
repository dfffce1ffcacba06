import type { Pipeline } from '#shared/pipeline.ts'
import { expect, it } from 'vitest'
import { layoutPipeline } from '#renderer/views/overview/pipeline-layout.ts'
import { boxState, nextStep, totalOf } from '#shared/pipeline.ts'

it('a box shows what needs a person before what is under way', () => {
  expect(boxState({ done: 5, failed: 1, running: 1 })).toBe('failed')
  expect(boxState({ done: 5, running: 1, queued: 3 })).toBe('running')
  expect(boxState({ done: 5, paused: 1, queued: 3 })).toBe('paused')
  expect(boxState({ done: 5 })).toBe('done')
  expect(boxState({})).toBe('to do')
  expect(totalOf({ done: 5, failed: 2 })).toBe(7)
})

it('the next step is the most pressing one', () => {
  const study = { hasRun: true, isEdited: false, seconds: 60 }
  expect(nextStep({ ...study, hasRun: false, counts: {} }).kind).toBe('plan')
  expect(nextStep({ ...study, counts: { failed: 1, running: 1 } })).toEqual({ kind: 'retry', count: 1, running: 1 })
  expect(nextStep({ ...study, counts: { interrupted: 1, paused: 2 } })).toEqual({ kind: 'resume', count: 3, running: 0 })
  expect(nextStep({ ...study, counts: { running: 1, queued: 4 } })).toEqual({ kind: 'wait', running: 1, queued: 4, seconds: 60 })
  expect(nextStep({ ...study, counts: { queued: 4 } })).toEqual({ kind: 'start', queued: 4 })
  expect(nextStep({ ...study, isEdited: true, counts: { done: 4 } })).toEqual({ kind: 'plan', isNew: false })
  expect(nextStep({ ...study, counts: { done: 4 } }).kind).toBe('look')
})

const box = { counts: { done: 1 }, keys: ['f'.repeat(64)] }
const pipeline: Pipeline = {
  study: 'small',
  hasRun: true,
  isEdited: false,
  seeds: [0],
  counts: { done: 3 },
  seconds: 0,
  datasets: [{ name: 'utk', format: 'utkface', images: 1198, isUnlabelled: true, isThere: false, root: '/gone' }],
  faces: { ...box, found: 1196, notFound: 2, size: 300 },
  teachers: [{ ...box, name: 'faceres', dimension: 1024, sets: 1 }, { ...box, name: 'dlib', dimension: 128, sets: 1 }],
  combiners: [{ ...box, name: 'ae', kind: 'ae', isTarget: true, size: 383, nrmse: 0.69, faces: 1442 }],
  students: [],
  knowledge: [{ ...box, name: 'AgeR-UTK', data: 'utk', task: 'age', method: 'ae', figure: { name: 'mae', mean: 7.216, std: 0.13, n: 3 }, unit: 'years', reason: null }],
}

it('the picture keeps the order of the data, inside its width, and says that a folder is gone', () => {
  const { boxes, width } = layoutPipeline(pipeline, 1190)
  expect(boxes.map(({ id }) => id)).toEqual(['photographs', 'faces', 'teacher:faceres', 'teacher:dlib', 'combiner', 'fused', 'knowledge:AgeR-UTK'])
  expect(boxes.every(({ x, width: own }) => x >= 0 && x + own <= width)).toBe(true)
  expect(boxes[0]).toMatchObject({ state: 'waiting', stateWord: 'no folder' })
  expect(boxes.at(-1)).toMatchObject({ stateWord: '7.22 ± 0.13 y', route: `/runs/${box.keys[0]}` })
})

it('both students have a box: one is led to from the fused embedding, the multi-task one from every embedding, and both to knowledge', () => {
  const one: Pipeline['students'][number] = { ...box, name: 'student', learns: 'fused', network: 'resnet18', cosine: 0.644, nrmse: 0.86, parameters: 2_076_926, perSecond: null, unit: null, progress: null, etaSeconds: null, curve: [] }
  const { boxes, edges, lanes, height } = layoutPipeline({ ...pipeline, students: [one, { ...one, name: 'mt', learns: 'embeddings', network: 'cnn', cosine: null, counts: { running: 1 } }] }, 1190)
  const [student, mt] = boxes.filter(({ id }) => ['student', 'mt'].includes(id))
  expect(student!.facts.map(({ label, value }) => `${label} ${value}`)).toEqual(['Network resnet18', 'val cosine 0.644', 'nRMSE 0.86', 'Parameters 2.08 M'])
  expect(mt).toMatchObject({ title: 'Multi-task student', state: 'running', words: 'Multi-task student, running: Network cnn, nRMSE 0.86, Parameters 2.08 M' })
  expect(student!.y + student!.height).toBeLessThan(mt!.y)
  expect(mt!.y + mt!.height).toBeLessThan(height)
  const into = ({ x, y, height }: typeof boxes[number]) => edges.filter(edge => edge.endsWith(`${x.toFixed(1)} ${(y + height / 2).toFixed(1)}`)).length
  expect([student!, mt!, boxes.at(-1)!].map(into)).toEqual([1, 2, 2])
  expect(lanes.find(({ title }) => title === 'Step 2: distil')).toMatchObject({ state: 'running', word: '1 of 2' })
})
