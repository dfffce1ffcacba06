import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { describeCell, isFarFromPaper, wordMissing } from '#renderer/views/tables/cell-words.ts'
import ResultTable from '#renderer/views/tables/ResultTable.vue'
import { cell, tableOf } from './fixture.ts'

const missing = cell({ mean: null, std: null, n: 0, values: [], keys: [], missing: { reason: 'its run failed: no node', command: 'facet run' } })

describe('a table on the screen', () => {
  const table = tableOf({ ae: cell({ best: true, reference: 97, referenceText: '97.20', referenceSource: 'Table 3', test: { against: 'pca', shared: 358, difference: 2, interval: [1, 3], p: 0.01, adjusted: 0.02, verdict: 'better', effect: { kind: 'h', value: 0.1 }, auc: null } }), pca: missing, scratch: cell({ mean: null, values: [], n: 0, missing: { reason: 'Verification needs more', command: null } }) })
  const show = () => mount(ResultTable, { props: { table, isRunning: false }, global: { plugins: [createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: {} }] })] } })

  it('has real headings, the paper beside the columns that it prints, and the best in words for readers', () => {
    const view = show()
    expect(view.findAll('th[scope=row]').map(th => th.text())).toEqual(['Gender <UTK>'])
    expect(view.findAll('th[scope=colgroup]').map(th => [th.text(), th.attributes('colspan')])).toEqual([['ae', '2'], ['pca', '1'], ['scratch', '1']])
    expect(view.get('.figure').attributes('aria-label')).toBe('Gender <UTK>, ae: 90.0 ± 1.0, best of the row')
    expect(view.text()).toContain('⁺')
    expect(view.get('.far').text()).toBe('≠')
  })

  it('says why a figure is missing and runs it where a run can help', async () => {
    const view = show()
    const runs = view.findAll('.run')
    expect(runs).toHaveLength(1)
    await runs[0]!.trigger('click')
    expect(view.emitted('run')).toEqual([[{ row: 'Gender <UTK>', column: 'pca' }]])
    expect(view.findAll('.ours.missing').map(one => one.text())).toEqual(['failedRun it', 'not possible'])
  })
})

it('a cell tells all that is known of it', () => {
  const row = tableOf({}).rows[0]!
  expect(describeCell(cell({ referenceText: '91', referenceSource: 'Table 3' }), row).split('\n')).toEqual(['90.0 ± 1.0 %, 3 seeds', 'by seed: 89.0, 90.0, 91.0', '95 % interval of the test: 87.0 to 93.0', '358 test samples', 'the paper: 91 (Table 3)'])
  expect([wordMissing('its run is under way'), wordMissing('its run was interrupted: x'), wordMissing('not computed yet'), wordMissing('It needs ae'), wordMissing('other')]).toEqual(['running', 'interrupted', 'to do', 'to do', 'not possible'])
  expect(isFarFromPaper(cell({ reference: 93, referenceText: '93' }))).toBe(true)
  expect(isFarFromPaper(cell({ reference: 93, referenceText: '(93)' }))).toBe(false)
  expect(isFarFromPaper(cell({ reference: 92, referenceText: '92' }))).toBe(false)
})
