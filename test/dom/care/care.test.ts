import { flushPromises } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import WorkspaceCheck from '#renderer/views/overview/WorkspaceCheck.vue'
import StudiesView from '#renderer/views/studies/StudiesView.vue'
import { fakeClient } from '../fake-client.ts'
import { showScreen } from '../screen.ts'

afterEach(() => document.body.replaceChildren())

function button(text: string): HTMLButtonElement | undefined {
  return [...document.querySelectorAll('button')].find(one => (one.getAttribute('aria-label') ?? one.textContent)?.trim() === text)
}

describe('the check of the workspace', () => {
  const damaged = { name: 'artefacts', title: 'Artefacts', verdict: 'problem', value: '1 of 3 finished runs cannot use theirs', hint: 'facet doctor --fix repairs it' }

  it('offers a repair only where something is to be repaired, says what it did, and looks again', async () => {
    let isWhole = false
    const client = fakeClient({
      'studies.list': () => [],
      'workspace.examine': () => ({ checks: [{ name: 'backups', title: 'Backups', verdict: 'absent', value: 'none' }, isWhole ? { ...damaged, verdict: 'ok', value: 'all of 2 are there' } : damaged], isWhole }),
      'workspace.repair': () => {
        isWhole = true
        return { said: ['two: it is queued again.'] }
      },
      'workspace.backup': () => ({ path: '/w/backups/one.sqlite', bytes: 2e6 }),
    })
    const { view } = await showScreen(WorkspaceCheck, { client, at: '/' })
    expect(client.calls.map(([method]) => method)).not.toContain('workspace.examine')
    button('Check…')!.click()
    await flushPromises()
    expect(document.body.textContent).toContain('1 of 3 finished runs cannot use theirs')
    button('Repair')!.click()
    await flushPromises()
    expect(document.body.textContent).toContain('two: it is queued again.')
    expect(document.body.textContent).toContain('all of 2 are there')
    expect(button('Repair')).toBeUndefined()
    button('Back up the database')!.click()
    await flushPromises()
    expect(document.body.textContent).toContain('The database is copied to /w/backups/one.sqlite (2.0 MB)')
    expect(document.querySelector('tbody')!.textContent).toContain('the newest one.sqlite')
    view.unmount()
  })
})

describe('the list of studies', () => {
  const study = (name: string, hasRun: boolean) => ({ name, updatedAtMs: 0, runs: {}, hasRun, isEdited: false, title: '' })

  async function list(desktop: object, answers: Parameters<typeof fakeClient>[0]) {
    const client = fakeClient({ 'studies.list': () => [study('pets', true), study('draft', false)], ...answers })
    const { view, router } = await showScreen(StudiesView, { client, at: '/studies', desktop, stubs: { DataTable: {
      props: ['rows', 'columns'],
      template: `<div><div v-for="row in rows"><slot name="cell-actions" :row="row" /></div></div>`,
    } } })
    await flushPromises()
    return { client, view, router }
  }

  it('writes a study that was run into a folder that is asked for', async () => {
    const { client, view } = await list({ pickFolder: async () => '/archives/' }, { 'studies.exportArchive': () => ({ path: '/archives/pets.tar', bytes: 5e6, runs: 12, files: 40, notes: [] }) })
    expect(button('Export draft with its results')).toBeUndefined()
    button('Export pets with its results')!.click()
    await flushPromises()
    expect(client.calls).toContainEqual(['studies.exportArchive', { name: 'pets', path: '/archives/pets.tar' }])
    expect(document.body.textContent).toContain('pets: 12 finished runs, 5.0 MB in /archives/pets.tar')
    view.unmount()
  })

  it('takes an archive in where a tar is chosen, a recipe where it is none', async () => {
    let picked = '/archives/pets.tar'
    const { client, view, router } = await list({ pickFile: async () => picked }, {
      'studies.importArchive': () => ({ study: 'pets', runs: 12, known: 0, recipe: '', notes: ['This workspace has no teacher mine.'] }),
      'studies.import': () => ({ name: 'recipe' }),
    })
    button('Import…')!.click()
    await flushPromises()
    expect(client.calls).toContainEqual(['studies.importArchive', { path: '/archives/pets.tar' }])
    expect(document.body.textContent).toContain('This workspace has no teacher mine.')
    expect(router.currentRoute.value.path).toBe('/studies/pets')
    picked = '/recipes/recipe.yaml'
    button('Import…')!.click()
    await flushPromises()
    expect(client.calls).toContainEqual(['studies.import', { path: '/recipes/recipe.yaml' }])
    view.unmount()
  })
})
