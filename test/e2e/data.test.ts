import type { App } from './harness.ts'
import { Buffer } from 'node:buffer'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { renderSyntheticFace } from '#worker/faces/synthetic/index.ts'
import { makeNetworks } from '../networks.ts'
import { drawUtk } from '../unit/handlers/data-fixture.ts'
import { seriousViolations } from './axe.ts'
import { describeApp, root, startApp } from './harness.ts'

describeApp('data sets, teachers, try', (carrier) => {
  let app: App
  let folder: string
  let workspace: string
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'facet-e2e-data-'))
    workspace = join(folder, 'workspace')
    const made = createWorkspace(workspace, 'test')
    await makeNetworks(made)
    await made.close()
  })
  afterEach(async () => {
    await app?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('adds a folder with broken images in four steps; what is broken is listed with its reason', { timeout: 420_000 }, async () => {
    const photos = await drawUtk(join(folder, 'My Photos'), 6, { '30_0_1_20170109150557400.jpg': '', '31_1_20170109150557401.jpg': 'x' })
    app = await startApp(carrier, { workspace })
    const { page } = app
    page.setDefaultTimeout(150_000) // the first answer of the inspect worker loads TensorFlow
    await app.go('/datasets')
    await page.getByText('No data set yet').waitFor()
    expect(await seriousViolations(page)).toEqual([])
    await page.keyboard.press('n')
    const dialogue = page.getByRole('dialog', { name: 'Add data set' })
    await dialogue.getByPlaceholder('/data/utkface').fill(join(folder, 'nowhere'))
    await page.keyboard.press('Enter')
    await dialogue.getByText('There is no such folder').waitFor()
    await dialogue.getByPlaceholder('/data/utkface').fill(photos)
    await page.keyboard.press('Enter')
    await dialogue.getByText('7 of 8', { exact: true }).waitFor()
    await dialogue.getByText('name has 3 fields').first().waitFor()
    expect(await dialogue.getByRole('radio', { name: /UTKFace/ }).isChecked()).toBe(true)
    expect(await seriousViolations(page)).toEqual([])
    expect(readdirSync(join(workspace, 'artefacts/datasets'))).toEqual([])
    await dialogue.getByRole('button', { name: 'Labels and split' }).last().click()
    await dialogue.getByText('validation').first().waitFor()
    await dialogue.getByRole('button', { name: 'Add', exact: true }).last().click()
    await dialogue.getByLabel('Name in this workspace and in recipes').fill('mine')
    await dialogue.getByRole('button', { name: 'Add data set' }).click()
    await page.getByRole('heading', { name: 'mine' }).waitFor()
    await page.getByText('file is empty (0 bytes)').waitFor()
    await page.getByText('Copy it again from its source').waitFor()
    expect(await seriousViolations(page)).toEqual([])
    await page.getByRole('button', { name: 'Remove…' }).click()
    await page.getByText('Nothing depends on it.').waitFor()
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('No data set yet').waitFor()
    expect(existsSync(photos)).toBe(true)
  })

  it('adds a teacher in four steps, after it was tried on a face; removes it again', { timeout: 420_000 }, async () => {
    app = await startApp(carrier, { workspace })
    const { page } = app
    page.setDefaultTimeout(150_000) // the first answer of the inspect worker loads TensorFlow
    await app.go('/teachers')
    await page.getByText('8 teachers').waitFor()
    await page.getByRole('button', { name: /Add teacher/ }).click()
    const dialogue = page.getByRole('dialog', { name: 'Add teacher' })
    const file = dialogue.getByPlaceholder('/models/face/model.json')
    await file.fill(join(root, 'node_modules/@vladmandic/human/models/emotion.json'))
    await file.press('Enter')
    const node = dialogue.getByRole('radio', { name: 'StatefulPartitionedCall/model_1/add_2/add', exact: true })
    await node.waitFor()
    await node.check()
    expect(await seriousViolations(page)).toEqual([])
    await dialogue.getByRole('button', { name: 'Input' }).last().click()
    expect(await dialogue.getByLabel('Size').inputValue()).toBe('64')
    await dialogue.getByLabel('Mean, taken off').fill('127.5, 1')
    await dialogue.getByText('one number; these are 2').waitFor()
    await dialogue.getByLabel('Mean, taken off').fill('127.5')
    await dialogue.getByRole('button', { name: 'Try it' }).last().click()
    await dialogue.getByText('yes, bit for bit').waitFor()
    const add = dialogue.getByRole('button', { name: 'Add teacher' })
    expect(await add.isDisabled()).toBe(true)
    await dialogue.getByLabel('Name', { exact: true }).fill('mine')
    await dialogue.getByLabel('Knowledge').fill('emotion')
    await dialogue.getByLabel('Licence').fill('MIT')
    expect(await seriousViolations(page)).toEqual([])
    await add.click()
    await page.getByText('9 teachers').waitFor()
    expect(readFileSync(join(workspace, 'teachers/mine/mine.yaml'), 'utf8')).toContain('node: StatefulPartitionedCall/model_1/add_2/add')
    await page.getByRole('heading', { name: 'mine' }).waitFor()
    await page.getByText('yes, bit for bit').waitFor()
    expect(await seriousViolations(page)).toEqual([])
    await page.getByRole('button', { name: 'Remove…' }).click()
    await page.getByText('Nothing depends on it.').waitFor()
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('8 teachers').waitFor()
    expect(existsSync(join(workspace, 'teachers/mine'))).toBe(false)
  })

  it('lets student and teachers speak about a photograph; ethnicity only where asked for', { timeout: 420_000 }, async () => {
    app = await startApp(carrier, { workspace })
    const { page } = app
    page.setDefaultTimeout(150_000) // the first answer of the inspect worker loads TensorFlow
    await app.go('/try')
    await page.getByText('Drop a photograph here').waitFor()
    expect(await seriousViolations(page)).toEqual([])
    const { jpeg } = await renderSyntheticFace({ seed: 1, size: 400, identities: 100 }, 3)
    await page.locator('input[type=file]').setInputFiles({ name: 'drawn.jpg', mimeType: 'image/jpeg', buffer: jpeg })
    await page.getByRole('rowheader', { name: /Gender/ }).waitFor()
    await page.getByRole('button', { name: 'Face 1 of 1' }).waitFor()
    expect(await page.getByRole('rowheader', { name: /Ethnic/ }).count()).toBe(0)
    await page.getByRole('switch').click()
    await page.getByRole('rowheader', { name: /Ethnic/ }).waitFor()
    expect(await seriousViolations(page)).toEqual([])
    await page.locator('input[type=file]').setInputFiles({ name: 'broken.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('not a picture') })
    await page.getByText(/It is no image/).waitFor()
  })
})
