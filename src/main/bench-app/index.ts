import type { Page } from 'playwright-core'
import type { BenchFigure } from '#main/bench-figure.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figure } from '#main/bench-figure.ts'
import { FacetError } from '#shared/errors.ts'
import { measureApp } from './measure.ts'
import { makeLoadedWorkspace } from './workspace.ts'

/**
 * The app on a workspace with a year of runs: how soon it can be used, how soon it lists and compares, whether charts keep up and
 * faces scroll.
 *
 * @throws FacetError 'not-found' where there is no browser to measure in
 */
export async function benchApp({ runs, points, faces }: { runs: number, points: number, faces: number }, say: (text: string) => void): Promise<BenchFigure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'facet-bench-app-'))
  try {
    say(`making a workspace with ${runs} runs of ${points} values and ${faces} faces`)
    const started = performance.now()
    await makeLoadedWorkspace(folder, { runs, points, faces })
    const made = figure(`workspace of ${runs} runs of ${points} values and ${faces} faces made`, (performance.now() - started) / 1000, 's')
    return [made, ...await measureApp(folder, { runs, points, faces }, openPage, say)]
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The browser that the tests use; both packages are there in a checkout only. */
async function openPage(): Promise<{ page: Page, close: () => Promise<void> }> {
  try {
    const { chromium } = await import('playwright-core')
    const { default: sparticuz } = await import('@sparticuz/chromium')
    const browser = await chromium.launch({ executablePath: await sparticuz.executablePath(), args: ['--no-sandbox', '--disable-gpu'] })
    return { page: await browser.newPage({ viewport: { width: 1440, height: 900 } }), close: () => browser.close() }
  }
  catch (error) {
    throw new FacetError('not-found', 'There is no browser to measure in.', { hint: 'npm ci in the checkout brings one.', cause: error })
  }
}
