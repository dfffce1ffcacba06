import type { App } from './harness.ts'
import { afterEach, expect, it } from 'vitest'
import { describeApp, startApp } from './harness.ts'

describeApp('start', (carrier) => {
  let app: App
  afterEach(() => app?.close())

  it('shows the page, without Node in it', async () => {
    app = await startApp(carrier)
    await app.page.locator('header').waitFor()
    expect(await app.page.evaluate(() => [typeof (globalThis as any).require, typeof (globalThis as any).process, typeof (globalThis as any).standinPost])).toEqual(['undefined', 'undefined', 'undefined'])
  })
})
