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
  student: null,
  knowledge: [{ ...box, name: 'AgeR-UTK', data: 'utk', task: 'age', method: 'ae', figure: { name: 'mae', mean: 7.216, std: 0.13, n: 3 }, unit: 'years', reason: null }],
}

it('the picture keeps the order of the data, inside its width, and says that a folder is gone', () => {
  const { boxes, width } = layoutPipeline(pipeline, 1190)
  expect(boxes.map(({ id }) => id)).toEqual(['photographs', 'faces', 'teacher:faceres', 'teacher:dlib', 'combiner', 'fused', 'knowledge:AgeR-UTK'])
  expect(boxes.every(({ x, width: own }) => x >= 0 && x + own <= width)).toBe(true)
  expect(boxes[0]).toMatchObject({ state: 'waiting', stateWord: 'no folder' })
  expect(boxes.at(-1)).toMatchObject({ stateWord: '7.22 ± 0.13 y', route: `/runs/${box.keys[0]}` })
})
