import type { Page } from 'playwright-core'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Calls one of the functions of in-page.js, which a page has after its first call. */
export async function inPage<T>(page: Page, call: string): Promise<T> {
  if (!await page.evaluate('"bench" in globalThis'))
    await page.evaluate(readFileSync(join(import.meta.dirname, 'in-page.js'), 'utf8'))
  return page.evaluate(`bench.${call}`)
}

/** From the change of the address until each part of the screen stands there and is painted. */
export async function measureScreen<Part extends string>(page: Page, route: string, parts: Record<Part, string>): Promise<Record<Part, number>> {
  await inPage(page, 'leave()')
  await sleep(300)
  return inPage(page, `timeScreen(${JSON.stringify(route)}, ${JSON.stringify(parts)})`)
}
