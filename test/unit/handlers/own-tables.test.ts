import type { Core } from '#main/core.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { savedTableHandlers } from '#main/handlers/saved-tables.ts'
import { tableHandlers } from '#main/handlers/tables.ts'
import { writeTable } from '#main/tables/formats/index.ts'
import { renameStudy } from '#main/workspace/studies.ts'
import { openWorkspace } from '#main/workspace/workspace.ts'
import { TableSelection } from '#shared/contract/tables.ts'
import { answersWorkspace } from './answers-fixture.ts'

let folder: string
let workspace: Workspace
let core: Core
const told: unknown[] = []
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-own-tables-'))
  workspace = await answersWorkspace(join(folder, 'workspace'))
  told.length = 0
  core = { workspace, emit: (event: string, payload: unknown) => told.push([event, payload]) } as unknown as Core
})
afterEach(async () => {
  await workspace.close()
  rmSync(folder, { recursive: true, force: true })
})

const select = (selection: object) => TableSelection.parse({ study: 'sample', name: 'subgroups', ...selection })
async function rows(selection: object) {
  const { table } = await tableHandlers(core)['tables.build'](select(selection))
  return { table, cell: (row: string, column: string) => table.rows.find(({ knowledge }) => knowledge === row)!.cells[column]! }
}

it('groups have the means of their own samples, with intervals, and the gap between the best and the worst', async () => {
  const { table, cell } = await rows({ by: ['gender'] })
  expect(table.rows.map(({ knowledge }) => knowledge)).toEqual(['AgeR, gender: male', 'AgeR, gender: female', 'AgeR, gap by gender'])
  // errors of men are 1, 2, 3 years in turn, of women 5 for ever; 12 of each: means 2 and 5
  expect(cell('AgeR, gender: male', 'pca')).toMatchObject({ mean: 2, count: 12, best: true }) // ae has 6
  expect(cell('AgeR, gender: female', 'pca')).toMatchObject({ mean: 5, interval: [5, 5] })
  const [low, high] = cell('AgeR, gender: male', 'pca').interval!
  // sd of 1, 2, 3 in turn over 12 is sqrt(8 / 11); +-1.96 of it over sqrt(12) is .48
  expect(low).toBeCloseTo(2 - 0.48, 0)
  expect(high).toBeCloseTo(2 + 0.48, 0)
  expect(low).toBeLessThan(2)
  expect(cell('AgeR, gap by gender', 'pca')).toMatchObject({ mean: 3, count: 24, note: 'best male, worst female' })
  expect(cell('AgeR, gap by gender', 'pca').interval![0]).toBeCloseTo(5 - high, 1)
  expect(writeTable(table, 'md')).toContain(`**2.00 (${low.toFixed(2)} to ${high.toFixed(2)})**`)
  // the second method errs the other way round
  expect(cell('AgeR, gap by gender', 'ae')).toMatchObject({ mean: 4, note: 'best female, worst male' })
  expect(cell('AgeR, gap by gender', 'pca')).toMatchObject({ best: true })
})

it('the mean over groups, weighed by their counts, is the figure of all', async () => {
  for (const by of ['gender', 'age']) {
    const { table } = await rows({ by: [by] })
    const groups = table.rows.filter(({ knowledge }) => knowledge.includes(`${by}:`)).map(({ cells }) => cells.pca!)
    expect(groups.reduce((sum, { mean, count }) => sum + mean! * count!, 0) / 24).toBeCloseTo(3.5, 12)
  }
})

it('ages fall into bins, and between bins of few there is no gap to fill', async () => {
  const { table, cell } = await rows({ by: ['age'] })
  // ages 10, 30, 50 in turn
  expect(table.rows.map(({ knowledge }) => knowledge)).toEqual(['AgeR, age: 0-12', 'AgeR, age: 20-35', 'AgeR, age: 36-55']) // eight samples are fewer than ten
  expect(cell('AgeR, age: 0-12', 'pca').count).toBe(8)
  expect(table.legend.join(' ')).toContain('age 0-12 8, 20-35 8, 36-55 8')
})

it('columns of groups are not tested by the answers of all samples', async () => {
  await expect(rows({ by: ['gender'], reference: 'pca' })).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('its rows are groups') })
})

it('a grouping that no data set has is refused with those that there are', async () => {
  await expect(rows({ by: ['gendre'] })).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('gender') })
  const built = await tableHandlers(core)['tables.build'](select({}))
  expect(built).toMatchObject({ groupings: ['gender', 'age'], canTest: false })
})

it('a table of one\'s own is saved, shown, replaced only on purpose, follows its study and is removed', async () => {
  const saved = savedTableHandlers(core)
  const selection = select({ name: 'free', pivot: { rows: ['method'], columns: ['knowledge'], filter: { method: ['ae'] } } })
  expect(await saved['tables.save']({ name: 'Ages only', selection, replaces: false })).toMatchObject({ name: 'Ages only', hasStudy: true, selection: { title: 'Ages only' } })
  expect(told).toEqual([['tables.changed', { name: 'Ages only' }]])
  await expect(saved['tables.save']({ name: 'Ages only', selection, replaces: false })).rejects.toMatchObject({ code: 'conflict' })
  await saved['tables.save']({ name: 'Ages only', selection: select({ name: 'target', rows: ['AgeR'] }), replaces: true })
  await saved['tables.save']({ name: 'Other', selection, replaces: false })
  expect((await saved['tables.saved']()).map(({ name, selection }) => [name, selection.name])).toEqual([['Ages only', 'target'], ['Other', 'free']])
  await renameStudy(workspace.db, 'sample', 'renamed', detail => detail)
  const [first, other] = await saved['tables.saved']()
  expect(first).toMatchObject({ hasStudy: true, selection: { study: 'renamed', rows: ['AgeR'] } })
  const { text, fileName } = await tableHandlers(core)['tables.export']({ ...other!.selection, format: 'md' })
  expect(fileName).toBe('renamed-other.md')
  expect(text).toContain('### Other')
  expect(text).toContain('| ae | MAE, years ↓ | 4.00 |')
  expect(await saved['tables.removeSaved']({ name: 'Ages only' })).toMatchObject({ selection: { rows: ['AgeR'] } })
  await expect(saved['tables.removeSaved']({ name: 'Ages onli' })).rejects.toMatchObject({ code: 'not-found', hint: expect.stringContaining('Other') })
})

it('no table takes the name of a kind or of a command, nor of a study that is not there', async () => {
  const saved = savedTableHandlers(core)
  for (const name of ['target', 'free', 'save', 'list'])
    await expect(saved['tables.save']({ name, selection: select({}), replaces: false })).rejects.toMatchObject({ code: 'usage' })
  await expect(saved['tables.save']({ name: 'x', selection: select({ study: 'gone' }), replaces: false })).rejects.toMatchObject({ code: 'not-found' })
  await expect(saved['tables.save']({ name: 'x', selection: select({ name: 'tarjet' }), replaces: false })).rejects.toMatchObject({ code: 'usage' })
})

it('saved tables outlive the process', async () => {
  await savedTableHandlers(core)['tables.save']({ name: 'Kept', selection: select({ name: 'target' }), replaces: false })
  const { root } = workspace.paths
  await workspace.close()
  workspace = openWorkspace(root, 'test')
  expect(await savedTableHandlers({ ...core, workspace })['tables.saved']()).toMatchObject([{ name: 'Kept' }])
})
