import type { App } from './harness.ts'
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seriousViolations } from './axe.ts'
import { describeApp, patient, root, startApp } from './harness.ts'
import { cellKey, studiesWorkspace } from './studies-workspace.ts'

describeApp('studies', (carrier) => {
  let app: App
  let workspace: string
  beforeAll(async () => {
    workspace = await studiesWorkspace()
    app = await startApp(carrier, { workspace })
    await app.page.locator('main h1').waitFor()
  })
  afterAll(async () => {
    await app?.close()
    rmSync(dirname(workspace), { recursive: true, force: true })
  })

  const recipe = (name: string): string => readFileSync(join(workspace, 'recipes', `${name}.yaml`), 'utf8')

  it('a new study is made from the keyboard and edited on both sides; its comments survive', async () => {
    const { page } = app
    await app.go('/studies')
    await page.getByRole('link', { name: 'sample', exact: true }).waitFor()
    expect(await seriousViolations(app.page)).toEqual([])
    await page.keyboard.press('n')
    await page.getByRole('textbox', { name: 'Name' }).fill('first')
    await page.keyboard.press('Enter')
    const yaml = page.getByRole('textbox', { name: 'Recipe of first as YAML' })
    await yaml.waitFor()

    await page.getByLabel('Seeds', { exact: true }).fill('0, 1, 2')
    await expect.poll(() => yaml.textContent(), patient).toContain('seeds: [0, 1, 2]')

    await page.getByRole('tab', { name: /^Distil/ }).click()
    await page.getByLabel('Steps', { exact: true }).fill('40')
    await expect.poll(() => yaml.textContent(), patient).toContain('steps: 40')
    await yaml.getByText('input: 64').click()
    await page.keyboard.press('End')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.press('ArrowLeft')
    await page.keyboard.type(', width: 30')
    await expect.poll(() => page.getByLabel('Width', { exact: true }).inputValue(), patient).toBe('30')
    expect(await seriousViolations(app.page)).toEqual([])

    await page.keyboard.press('Control+s')
    await expect.poll(() => existsSync(join(workspace, 'recipes/first.yaml')) && recipe('first'), patient).toContain('width: 30')
    expect(recipe('first')).toContain('# A new study: say here what it is to show.')
    expect(recipe('first')).toContain('# drawn faces; put your own data sets here')
    expect(recipe('first')).toContain('distil: { target: ae, input: 64, steps: 40, width: 30 }')
  })

  it('a wrong value is told at its field and its line, and nothing can be started', async () => {
    const { page } = app
    await app.go('/studies/first?stage=distil')
    await page.getByLabel('Width', { exact: true }).fill('400')
    const problem = page.getByRole('alert').filter({ hasText: 'stages.distil.width is 400.' })
    await problem.waitFor()
    expect(await problem.textContent()).toContain('It must be at most 128.')
    expect(await page.getByLabel('Width', { exact: true }).getAttribute('aria-describedby')).toContain('issue')
    const line = recipe('first').split('\n').findIndex(one => one.includes('distil:')) + 1
    await page.getByRole('button', { name: `first.yaml line ${line}: stages.distil.width is 400.` }).waitFor()
    expect(await page.getByRole('button', { name: 'Run the plan' }).isDisabled()).toBe(true)
    await page.getByRole('button', { name: /^Width: back to the default, 27/ }).click()
    await problem.waitFor({ state: 'detached' })
    await page.getByRole('button', { name: /^Save/ }).click()
    await expect.poll(() => recipe('first'), patient).not.toContain('width')
    // The file is there before the page has heard of it; until then leaving would ask about unsaved changes.
    await expect.poll(() => page.getByRole('button', { name: /^Save/ }).isDisabled(), patient).toBe(true)
  })

  it('two runs are compared: what differs, the test, the faces they disagree on; the address shows the same again', async () => {
    const { page } = app
    await app.go(`/compare?keys=${cellKey('pca', 0)},${cellKey('ae', 0)}`)
    await page.getByRole('cell', { name: 'config.head.hidden' }).waitFor()
    const test = page.getByRole('row').filter({ hasText: 'transfer Gender-UTK, ae, seed 0' }).filter({ hasText: 'better' })
    await test.waitFor()
    expect(await test.textContent()).toContain('40')
    await page.getByRole('button', { name: /^A wrong, B right/ }).click()
    await expect.poll(() => page.locator('.gallery li').count(), patient).toBeGreaterThan(5)
    expect(await page.locator('.gallery img').first().getAttribute('src')).toMatch(/^data:image\/jpeg/)
    expect(await page.evaluate(() => location.hash)).toContain('kind=first-wrong')
    expect(await seriousViolations(app.page)).toEqual([])
    await page.reload()
    await page.getByRole('button', { name: /^A wrong, B right/, pressed: true }).waitFor()
  })

  it('a table leaves as LaTeX, to the letter what the terminal prints', async () => {
    const { page } = app
    await app.go('/tables/sample/target')
    await page.getByRole('rowheader', { name: 'Gender-UTK' }).waitFor()
    expect(await seriousViolations(app.page)).toEqual([])
    const saved = await exported()
    const printed = execFileSync(process.execPath, ['src/main/cli.ts', 'table', 'target', '--study', 'sample', '--format', 'latex', '--workspace', workspace], { cwd: root, encoding: 'utf8' })
    const withoutTime = (text: string): string => text.trimEnd().replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'TIME')
    expect(withoutTime(saved)).toBe(withoutTime(printed))
    expect(saved).toContain('\\begin{tabular}')
  })

  /** The file that E, then L, saves. */
  async function exported(): Promise<string> {
    const { page, electron } = app
    if (!electron) {
      const download = page.waitForEvent('download')
      await page.keyboard.press('e')
      await page.getByRole('menuitem', { name: 'LaTeX (booktabs)' }).waitFor()
      await page.keyboard.press('l')
      const file = await download
      expect(file.suggestedFilename()).toBe('sample-target.tex')
      return readFileSync(await file.path(), 'utf8')
    }
    const path = join(dirname(workspace), 'table.tex')
    await electron.evaluate(({ dialog }, filePath) => {
      dialog.showSaveDialog = async () => ({ canceled: false, filePath })
    }, path)
    await page.keyboard.press('e')
    await page.getByRole('menuitem', { name: 'LaTeX (booktabs)' }).waitFor()
    await page.keyboard.press('l')
    await expect.poll(() => existsSync(path) ? readFileSync(path, 'utf8') : '', patient).toContain('\\end{table}')
    return readFileSync(path, 'utf8')
  }

  it('a missing figure says why, and its button queues that run alone', async () => {
    const { page } = app
    await app.go('/tables/sample/target')
    await page.getByText('Missing: student on Gender-UTK: its run failed: The disk is full.').waitFor()
    await page.getByRole('button', { name: 'Run it: student on Gender-UTK' }).click()
    await page.getByText('1 run queued.').waitFor()
  })
})
