import type { TableSelection } from '#shared/contract/tables.ts'
import type { Pivot } from '#shared/pivot.ts'
import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { newOwnTable, ownTableOf, pivotOf, sameSelection, whyNoName } from '#renderer/views/tables/own-table.ts'
import OwnTableBar from '#renderer/views/tables/OwnTableBar.vue'
import OwnTableDialog from '#renderer/views/tables/OwnTableDialog.vue'
import TablesView from '#renderer/views/tables/TablesView.vue'
import { fakeClient } from '../fake-client.ts'
import { showScreen } from '../screen.ts'
import { cell, tableOf } from './fixture.ts'

afterEach(() => document.body.replaceChildren())

const pivot: Pivot = { rows: ['knowledge', 'seed'], columns: ['method'], filter: { method: ['ae'], seed: [0, 1], metric: ['mae'] } }
const built = { table: tableOf({ ae: cell(), pca: cell() }), all: { rows: ['Gender-UTK', 'Gender-UTK (unseen)'], columns: ['ae', 'pca'], seeds: [0, 1] }, canTest: true, groupings: [], unmeasured: 0, missingRuns: 0 }
const shown: TableSelection = { study: 'sample', name: 'target', rows: ['Gender-UTK'], paper: false, std: true }
const textButton = (text: string): HTMLButtonElement => [...document.querySelectorAll('button')].find(button => button.textContent.trim() === text)!

describe('what is filled in for a table of one\'s own', () => {
  it('comes back as it was saved, and an empty choice lets everything through', () => {
    expect(pivotOf(ownTableOf('x', pivot))).toEqual(pivot)
    expect(pivotOf(newOwnTable())).toEqual({ rows: ['knowledge'], columns: ['method'], filter: {} })
  })

  it('is no table while rows or columns are empty', () => {
    const table = newOwnTable()
    table.places.knowledge = 'none'
    expect(pivotOf(table)).toBeNull()
  })

  it('needs a name that no other table has', () => {
    expect([whyNoName('', [], null), whyNoName('-x', [], null), whyNoName('Mine', ['Mine'], null), whyNoName('Mine', ['Mine'], 'Mine'), whyNoName('Ältere Gesichter 2', [], null)]).toEqual(['A name is needed.', expect.stringContaining('a letter or digit first'), 'There is a table "Mine" already.', null, null])
  })

  it('knows whether something else is shown than what was saved', () => {
    expect(sameSelection(shown, { ...shown, title: 'Mine' })).toBe(true)
    expect(sameSelection({ study: 'sample', name: 'target' }, { study: 'sample', name: 'target', paper: true, std: true })).toBe(true)
    expect(sameSelection(shown, { ...shown, rows: undefined })).toBe(false)
  })
})

it('the dialogue saves rows and columns that were chosen, or the table as it is shown', async () => {
  const saved: unknown[] = []
  const client = fakeClient({ 'studies.list': () => [], 'tables.build': () => built })
  const { view } = await showScreen(OwnTableDialog, { client, at: '/', props: { study: 'sample', shown, shownTitle: 'Methods on target knowledge', taken: ['Other'], problem: null, isBusy: false, onSave: (...args: unknown[]) => saved.push(args) } })
  await flushPromises()
  const input = document.querySelector<HTMLInputElement>('input[autocomplete=off]')!
  input.value = 'Mine'
  input.dispatchEvent(new Event('input'))
  const group = [...document.querySelectorAll('.segments')].find(one => document.getElementById(one.getAttribute('aria-labelledby')!)!.textContent === 'Seed')!
  group.querySelectorAll('button')[1]!.click()
  await flushPromises()
  textButton('Save').click()
  expect(saved).toEqual([['Mine', { study: 'sample', name: 'free', pivot: { rows: ['knowledge'], columns: ['method', 'seed'], filter: {} } }]])
  document.querySelectorAll<HTMLInputElement>('input[type=radio]')[1]!.click()
  await flushPromises()
  expect(document.querySelector('.grid')).toBeNull()
  textButton('Save').click()
  expect(saved[1]).toEqual(['Mine', { ...shown, title: undefined }])
  view.unmount()
})

it('a saved table is removed only after a question, and can be kept as it is shown where that differs', async () => {
  const told: string[] = []
  const table = { name: 'Mine', selection: { study: 'sample', name: 'free', pivot, paper: true, std: true }, updatedAtMs: 0, hasStudy: true }
  const { view } = await showScreen(OwnTableBar, { client: fakeClient({ 'studies.list': () => [] }), at: '/', props: { table, shown: { ...table.selection, std: false }, isBusy: false, onRemove: () => told.push('remove'), onKeep: () => told.push('keep') } })
  await flushPromises()
  expect(view.text()).toContain('Knowledge, Seed by Method')
  textButton('Keep as it is shown').click()
  textButton('Remove…').click()
  await flushPromises()
  expect(told).toEqual(['keep'])
  textButton('Remove').click()
  await flushPromises()
  expect(told).toEqual(['keep', 'remove'])
  view.unmount()
})

it('the screen shows a saved table of its study under its name, and says so when it was removed elsewhere', async () => {
  let saved = [{ name: 'Mine', selection: { study: 'sample', name: 'free', pivot, title: 'Mine', paper: true, std: true }, updatedAtMs: 0, hasStudy: true }]
  const client = fakeClient({
    'studies.list': () => [{ name: 'sample', updatedAtMs: 0, runs: {}, hasRun: true, isEdited: false, title: '' }],
    'tables.list': () => [{ name: 'target', title: 'Methods', paper: 'Table 3', cells: 2, missing: 0 }, { name: 'subgroups', title: 'Subgroups', paper: '', cells: 0, missing: 0 }],
    'tables.saved': () => saved,
    'tables.build': () => built,
    'tables.export': () => ({ text: '', fileName: '' }),
  })
  const { view } = await showScreen(TablesView, { client, at: '/tables/sample/~Mine', stubs: { ExportPanel: true } })
  await flushPromises()
  // the test's router has no parameters: the screen shows its default, and the tabs name the saved table
  expect(view.findAll('.tabs button').map(tab => tab.text().replaceAll(/\s+/g, ' '))).toEqual(['Table 3 target', 'subgroups', 'Mine'])
  saved = []
  client.emit('tables.changed', { name: 'Mine' })
  await new Promise(resolve => setTimeout(resolve, 400))
  await flushPromises()
  expect(view.findAll('.tabs button')).toHaveLength(2)
  view.unmount()
})
