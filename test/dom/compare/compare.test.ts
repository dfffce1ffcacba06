import type { Comparison } from '#shared/comparison.ts'
import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { shallowRef } from 'vue'
import DiffersCard from '#renderer/views/compare/DiffersCard.vue'
import DotPlot from '#renderer/views/compare/DotPlot.vue'
import { figureRows, methodRows } from '#renderer/views/compare/figure-rows.ts'
import GalleryCard from '#renderer/views/compare/GalleryCard.vue'
import { axisOf, wordDifference, wordFigure, wordP, wordValue } from '#renderer/views/compare/words.ts'

const comparison: Comparison = {
  runs: [{ letter: 'A', key: 'a'.repeat(64), stage: 'transfer', label: 'one' }, { letter: 'B', key: 'b'.repeat(64), stage: 'transfer', label: 'two' }],
  differences: [{ path: 'inputs.teachers.0.name', values: ['"dlib"', '"faceres"'] }, { path: 'inputs.teachers.0.sha256', values: [`"${'1'.repeat(64)}"`, `"${'2'.repeat(64)}"`] }, { path: 'seed', values: ['0', null] }],
  equal: [{ path: 'config.batch', value: '64' }],
  figures: [
    { name: 'accuracy (test)', better: 'higher', values: [80, 82], intervals: [[77, 83], null] },
    { name: 'mae (all)', better: 'lower', values: [5, 6], intervals: [null, null] },
    { name: 'steps', better: null, values: [10, null], intervals: [null, null] },
  ],
  tests: [],
  notes: [],
}

describe('figures of runs', () => {
  it('know their direction and the best of each', () => {
    expect(figureRows(comparison).map(({ name, metric, best }) => [name, metric, best])).toEqual([['accuracy', 'test ↑', [1]], ['mae', 'all ↓', [0]], ['steps', '', []]])
  })
  it('of methods keep a place for what cannot be tested', () => {
    const [row] = methodRows({ reason: null, study: 's', methods: ['a', 'b'], others: [], tests: 0, rows: [{ knowledge: 'K', metric: 'm', measure: 'accuracy', better: 'higher', cells: [{ mean: 1, interval: null, n: 1 }, null], tests: [null] }] })
    expect(row).toMatchObject({ name: 'K', points: [{ value: 1 }, null], tests: [null], best: [] })
  })
})

it('only what differs is shown; equal keys open on demand; a checksum stays behind its name', async () => {
  const card = mount(DiffersCard, { props: { comparison } })
  const paths = (): string[] => card.findAll('tbody td.mono').map(td => td.text())
  expect(paths()).toEqual(['inputs.teachers.0.name', 'seed'])
  expect(card.findAll('td.other')).toHaveLength(2)
  await card.get('button[aria-expanded]').trigger('click')
  expect(paths()).toEqual(['inputs.teachers.0.name', 'seed', 'config.batch'])
})

it('dots are told to readers, and the axis holds every interval', () => {
  const plot = mount(DotPlot, { props: { metric: 'accuracy', points: [{ value: 80, interval: [77, 83] }, null] } })
  expect(plot.attributes('aria-label')).toBe('A 80, 77 to 83; B no figure')
  expect(plot.findAll('path')).toHaveLength(1)
  const { from, to } = axisOf([{ value: 80, interval: [77, 83] }, { value: 90, interval: null }], 'accuracy')
  expect(from).toBeLessThan(77)
  expect(to).toBeGreaterThan(90)
  // no accuracy is above 100, no error below 0; a difference may be
  expect(axisOf([{ value: 98, interval: [90, 100] }], 'accuracy').to).toBe(100)
  expect(axisOf([{ value: 1, interval: [0.1, 20] }], 'mae').from).toBe(0)
  expect(axisOf([{ value: 3, interval: [-20, 20] }], 'accuracy').from).toBe(-20)
})

it('numbers are written as people read them', () => {
  expect([wordFigure(81.844), wordFigure(0.012345), wordFigure(2216023), wordDifference(-1.96), wordDifference(0.5), wordP(0.0004), wordP(0.0312), wordP(0.41), wordP(1)]).toEqual(['81.8', '0.0123', '2,216,023', '−1.96', '+0.500', '< .001', '.031', '.41', '1.00'])
  expect([wordValue(null), wordValue(`"${'ab12cd34'.padEnd(64, '0')}"`)]).toEqual(['–', 'ab12cd34'])
})

it('another kind of disagreement is one change, for the page begins with it', async () => {
  const data = { reason: null, kinds: [{ id: 'all', title: 'all', count: 40 }, { id: 'right', title: 'right', count: 3 }], shared: 50, total: 40, samples: [], notices: [] }
  const card = mount(GalleryCard, { props: { query: { data: shallowRef(data), problem: shallowRef(null), status: shallowRef('ready'), reload: async () => {} } as never, size: 18, kind: 'all', page: 1 } })
  await card.get('[role=group] button[aria-pressed=false]').trigger('click')
  expect(card.emitted()).toMatchObject({ 'update:kind': [['right']] })
  expect(card.emitted('update:page')).toBeUndefined()
})
