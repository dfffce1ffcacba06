import type { RunItem } from '#shared/run-views.ts'
import { describe, expect, it } from 'vitest'
import { cutCurve, smooth, summarise } from '#renderer/charts/series.ts'
import { zoomByKey } from '#renderer/charts/useDragZoom.ts'
import { nextSort, sortRows } from '#renderer/components/data-table.ts'
import { keysOf } from '#renderer/composables/useCommands.ts'
import { wordAgo, wordPercent, wordRate, wordWhen } from '#renderer/format.ts'
import { rankCommands } from '#renderer/frame/rank-commands.ts'
import { groupCurves, partsOf } from '#renderer/views/run/chart-groups.ts'
import { readLines } from '#renderer/views/run/log-lines.ts'
import { extend } from '#renderer/views/run/useRunCurves.ts'
import { filterRuns, groupRuns, readFilter, writeFilter } from '#renderer/views/runs/filter.ts'

describe('numbers in words', () => {
  it('never calls a share below one the whole', () => {
    expect(wordPercent(0.9999)).toBe('99 %')
    expect(wordPercent(1)).toBe('100 %')
    expect(wordPercent(0.6249, 1)).toBe('62.5 %')
  })
  it('says when and how fast', () => {
    const noon = new Date(2026, 10, 24, 12).getTime()
    expect(wordAgo(noon - 5 * 60_000, noon)).toBe('5 min ago')
    expect(wordWhen(noon - 13 * 3_600_000, noon)).toBe('yesterday 23:00')
    expect(wordRate(2820.4, 'img')).toBe('2,820 img/s')
    expect(wordRate(7.881, 'steps')).toBe('7.88 steps/s')
  })
})

describe('charts', () => {
  it('smoothing begins at the first value and keeps a constant constant', () => {
    expect(smooth([5, 5, 5], 0.9)).toEqual([5, 5, 5].map(value => expect.closeTo(value)))
    expect(smooth([1, 3], 0.5)).toEqual([1, expect.closeTo((0.25 * 1 + 0.5 * 3) / 0.75)])
    expect(smooth([1, 3], 0)).toEqual([1, 3])
  })
  it('a cut curve runs to the edges', () => {
    expect(cutCurve({ steps: [0, 10, 20, 30, 40], values: [1, 2, 3, 4, 5] }, 12, 28).steps).toEqual([10, 20, 30])
  })
  it('says in a sentence what it shows', () => {
    expect(summarise([{ name: 'train', color: 1, steps: [1, 2, 3], values: [3, 1, 2] }], 'step')).toBe('train: 3 at step 1 to 2 at step 3, between 1 and 3.')
    expect(summarise([], 'step')).toBe('No values yet.')
  })
  it('zooms by keys and never leaves the whole', () => {
    const whole = { from: 0, to: 100 }
    expect(zoomByKey('+', null, whole)).toEqual({ from: 25, to: 75 })
    expect(zoomByKey('ArrowLeft', { from: 10, to: 60 }, whole)).toEqual({ from: 0, to: 50 })
    expect(zoomByKey('-', { from: 25, to: 75 }, whole)).toBeNull()
    expect(zoomByKey('x', null, whole)).toBeUndefined()
  })
  it('puts curves that share an axis into one tab, loss first, and parts of a run apart', () => {
    const curve = { steps: [1], values: [1], count: 1 }
    const curves = { 'fold-2/loss': curve, 'fold-10/loss': curve, 'loss': curve, 'validationMae': curve, 'learningRate': curve }
    expect(partsOf(curves)).toEqual(['', 'fold-2', 'fold-10'])
    expect(groupCurves(curves, ['']).map(({ name, series }) => [name, series.map(line => line.name)])).toEqual([['Loss', ['train']], ['MAE', ['validation MAE']]])
  })
  it('takes in what came after the answer, and nothing twice', () => {
    const before = { loss: { steps: [1, 2], values: [3, 2], count: 2 } }
    expect(extend(before, [{ metric: 'loss', step: 2, value: 2 }, { metric: 'loss', step: 3, value: 1 }])).toEqual({ loss: { steps: [1, 2, 3], values: [3, 2, 1], count: 3 } })
  })
})

it('a log keeps the level for lines that have no stamp, and leaves out what TensorFlow says at each start', () => {
  const lines = readLines('WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\nI0000 00:00:1795553165.159769   30732 port.cc:153] oneDNN custom operations are on.\n2026-11-24T12:00:00.000Z error: it broke\n    at here\n2026-11-24T12:00:01.000Z fine', 7)
  expect(lines.map(({ id, level, text }) => [id, level, text])).toEqual([[7, 'error', 'it broke'], [8, 'error', '    at here'], [9, 'info', 'fine']])
})

function run(key: string, changes: Partial<RunItem> = {}): RunItem {
  return { key, stage: 'transfer', version: 1, label: key, seed: 0, usesSeed: true, state: 'done', reason: null, attempt: 1, threads: 1, engine: null, queuedAtMs: 0, startedAtMs: 0, finishedAtMs: 0, durationMs: 10, bytes: 0, memoryBytes: 0, progress: null, studies: ['a'], figure: null, ...changes }
}

describe('the list of runs', () => {
  it('reads from the address what it wrote there, and drops what no list knows', () => {
    const filter = { text: 'ae utk', stages: ['embed'], states: ['failed' as const], studies: ['a'], isGrouped: true, sort: { key: 'time', descending: true } }
    expect(readFilter(writeFilter(filter))).toEqual(filter)
    expect(readFilter({ states: 'failed,sleeping', stages: 'none' })).toMatchObject({ states: ['failed'], stages: [] })
    expect(writeFilter(readFilter({}))).toEqual({})
  })
  it('lets through what has every word, and takes four digits for a key', () => {
    const runs = [run('29ab', { label: 'run 3' }), run('f00d', { label: 'run 29' })]
    const filter = readFilter({})
    expect(filterRuns(runs, { ...filter, text: 'run 29' }).map(({ key }) => key)).toEqual(['f00d'])
    expect(filterRuns(runs, { ...filter, text: '29ab' }).map(({ key }) => key)).toEqual(['29ab'])
    expect(filterRuns(runs, { ...filter, states: ['failed'] })).toEqual([])
  })
  it('shows a run of two studies under both, and of a closed study the heading', () => {
    const rows = groupRuns([run('one', { studies: ['a', 'b'] }), run('two', { state: 'failed' })], new Set(['b']))
    expect(rows.map(row => row.id)).toEqual(['study:a', 'a:one', 'a:two', 'study:b'])
    expect(rows[0]).toMatchObject({ runs: 2, done: 1, failed: 1, durationMs: 20, isOpen: true })
  })
  it('sorts numbers by size, words with numbers by both, and puts missing values last either way', () => {
    const columns = [{ key: 'v', title: 'v', value: (row: { v: number | string | null }) => row.v }]
    const rows = [{ v: 10 }, { v: null }, { v: 9 }]
    expect(sortRows(rows, columns, { key: 'v', descending: false }).map(row => row.v)).toEqual([9, 10, null])
    expect(sortRows(rows, columns, { key: 'v', descending: true }).map(row => row.v)).toEqual([10, 9, null])
    expect(sortRows([{ v: 'run 10' }, { v: 'run 9' }], columns, { key: 'v', descending: false }).map(row => row.v)).toEqual(['run 9', 'run 10'])
    expect(nextSort(nextSort(nextSort(null, 'v'), 'v'), 'v')).toBeNull()
  })
})

describe('commands', () => {
  const command = (title: string, group = 'Screens', also = ''): { id: string, title: string, group: string, also: string, run: () => void } => ({ id: title, title, group, also, run: () => {} })
  it('are found by the start of any word, best first, groups together', () => {
    const all = [command('Go to Runs'), command('Go to Try'), command('distil ae, seed 0', 'Runs', 'f00d'), command('Run the demo', 'First steps')]
    expect(rankCommands(all, 'run').map(({ title }) => title)).toEqual(['Run the demo', 'Go to Runs', 'distil ae, seed 0'])
    expect(rankCommands(all, 'f00d').map(({ title }) => title)).toEqual(['distil ae, seed 0'])
    expect(rankCommands(all, 'nothing')).toEqual([])
  })
  it('have keys as people write them', () => {
    const event = (key: string, changes = {}): Parameters<typeof keysOf>[0] => ({ key, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...changes })
    expect(keysOf(event('k', { ctrlKey: true }))).toBe('Ctrl K')
    expect(keysOf(event('?', { shiftKey: true }))).toBe('?')
    expect(keysOf(event('1', { altKey: true }))).toBe('Alt 1')
    expect(keysOf(event('F5'))).toBe('F5')
  })
})
