import type { Connection } from '#main/core.ts'
import type { PlannedRun } from '#main/runner/planned-run.ts'
import type { App } from './harness.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { connect } from '#main/core.ts'
import { putPlannedRun } from '#main/workspace/runs.ts'
import { putStudy, setStudyRuns } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { plan, temporaryFolder } from '../process/workspace-fixture.ts'
import { seriousViolations } from './axe.ts'
import { describeApp, patient, startApp } from './harness.ts'

describeApp('runs', (carrier) => {
  let app: App | undefined
  let host: Connection | undefined
  let temporary: ReturnType<typeof temporaryFolder>
  beforeEach(() => { temporary = temporaryFolder() })
  afterEach(async () => {
    await app?.close()
    await host?.close()
    app = undefined
    host = undefined
    temporary.remove()
  })

  /** A workspace whose study has these runs in its queue, held by this process with a worker that counts; and the app on it. */
  async function open(runs: PlannedRun[], route: string): Promise<App['page']> {
    const workspace = createWorkspace(temporary.folder, 'test')
    await putStudy(workspace.db, { name: 'study', recipe: '', detail: {} }, Date.now())
    await workspace.db.transaction().execute(async (trx) => {
      for (const [position, run] of runs.entries())
        await putPlannedRun(trx, run, { position, now: Date.now() })
      await setStudyRuns(trx, 'study', runs.map(({ key }) => key))
    })
    await workspace.close()
    host = await connect(temporary.folder, { title: 'test', worker: { node: process.execPath, entry: join(import.meta.dirname, '../process/stages-worker.ts') } })
    app = await startApp(carrier, { workspace: temporary.folder })
    await app.page.getByText('Connected').waitFor()
    await app.go(route)
    return app.page
  }

  it('starts a run, watches it, pauses it, resumes it and sees it done', async () => {
    const run = plan(temporary.folder, 'counting', { steps: 750, stepMs: 40 })
    const page = await open([run], '/?study=study')
    await page.getByRole('button', { name: 'Start' }).click()
    await app!.go(`/runs/${run.key}`)
    await page.getByText('This run goes on when this window closes').waitFor()
    await page.getByRole('img', { name: /Others of the run over steps.*sum/ }).waitFor()
    await page.getByRole('button', { name: 'Pause P' }).click()
    await page.getByText('Paused.').waitFor()
    await expect.poll(() => page.getByRole('heading', { name: 'counting' }).count(), patient).toBe(1)
    expect(await page.locator('.page-header .state').textContent()).toContain('paused')

    await page.keyboard.press('r')
    await page.getByText('This run goes on when this window closes').waitFor()
    await expect.poll(() => page.locator('.page-header .state').textContent(), patient).toContain('done')
    const { attempts } = await host!.client.call('runs.activity', { key: run.key })
    expect(attempts).toHaveLength(2)
    expect(attempts[1]!.resumedFrom).toBeGreaterThan(0)
    await page.getByRole('button', { name: 'Notifications, 1 unread' }).waitFor()
  })

  it('says why a run failed and tries it again', async () => {
    const run = plan(temporary.folder, 'failing', { steps: 5, behaviour: 2 })
    const page = await open([run], '/?study=study')
    await page.getByRole('button', { name: 'Start' }).click()
    await page.getByText('1 run failed').waitFor()
    await page.getByRole('link', { name: 'See why' }).click()
    await page.getByRole('link', { name: run.key.slice(0, 8) }).click()
    await page.getByText('The photographs are gone.', { exact: true }).waitFor()
    await page.getByText('/nowhere', { exact: true }).waitFor()
    writeFileSync(join(temporary.folder, 'runs', run.key, 'mended'), '')
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect.poll(() => page.locator('.page-header .state').textContent(), patient).toContain('done')
  })

  it('lists runs by keyboard alone: filters in the address, chooses two, opens one', async () => {
    const runs = Array.from({ length: 300 }, (_, index) => plan(temporary.folder, `run ${index}`))
    const page = await open(runs, '/runs')
    await page.getByRole('grid', { name: 'Runs' }).waitFor()
    expect(await page.getByRole('row').count()).toBeLessThan(80)
    await page.keyboard.press('/')
    await page.keyboard.type('run 29')
    await expect.poll(() => page.url(), patient).toContain('text=run')
    await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount'), patient).toBe('14') // run 29, 129, 229, 290 to 299, and the head
    await page.keyboard.press('Enter')
    await page.keyboard.press(' ')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press(' ')
    await page.getByText('2 runs chosen').waitFor()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'run 129' }).waitFor()
    await page.goBack()
    await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount'), patient).toBe('14')
    await page.keyboard.press('c')
    await expect.poll(() => page.url(), patient).toContain('/compare?keys=')
  })

  it('has nothing serious for axe on its screens, in both themes', async () => {
    const run = plan(temporary.folder, 'counting', { steps: 40, stepMs: 5 })
    const page = await open([run], '/?study=study')
    await page.getByRole('button', { name: 'Start' }).click()
    for (const route of ['/?study=study', '/runs', `/runs/${run.key}`]) {
      for (const theme of ['Light', 'Dark']) {
        await app!.go(route)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await page.keyboard.press('Control+k')
        await page.keyboard.type(`${theme} theme`)
        await page.keyboard.press('Enter')
        await expect.poll(() => page.locator('.palette').count(), patient).toBe(0)
        expect(await seriousViolations(page), `${route} ${theme}`).toEqual([])
      }
    }
    await page.keyboard.press('Control+k')
    expect(await seriousViolations(page), 'palette').toEqual([])
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('.n-modal').count(), patient).toBe(0) // while it fades, keys are still its own
    await page.keyboard.press('?')
    await page.getByRole('heading', { name: 'Charts' }).waitFor()
    expect(await seriousViolations(page), 'shortcuts').toEqual([])
  })
})
