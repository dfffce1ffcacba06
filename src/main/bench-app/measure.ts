import type { Page } from 'playwright-core'
import type { BenchFigure } from '#main/bench-figure.ts'
import type { Served } from './serve.ts'
import type { Load } from './workspace.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { figure } from '#main/bench-figure.ts'
import { connect } from '#main/core.ts'
import { measureCompare } from './compare-screen.ts'
import { galleryFigures, measureGallery } from './gallery-screen.ts'
import { inPage, measureScreen } from './screen.ts'
import { lingerMs, serve } from './serve.ts'
import { median, timed } from './timing.ts'
import { comparedRuns, loadedKey } from './workspace.ts'

const liveMs = 10_000
const updatesPerSecond = 30

/** What the app promises on a loaded workspace, measured. */
export async function measureApp(folder: string, load: Load, openPage: () => Promise<{ page: Page, close: () => Promise<void> }>, say: (text: string) => void): Promise<BenchFigure[]> {
  const browser = await openPage()
  try {
    say('launch')
    const launch = await measureLaunch(folder, browser.page)
    const holder = await connect(folder, { title: 'facet bench app' })
    const served = await serve(folder)
    try {
      await browser.page.goto(served.address)
      await browser.page.locator('h1').waitFor()
      say('list and comparison')
      const list = await median(async () => (await measureScreen(browser.page, '/runs', { list: `[role=grid][aria-rowcount="${load.runs + 1}"] .line` })).list)
      const compare = await measureCompare(browser.page)
      const callList = await median(() => timed(() => holder.client.call('runs.list', {})))
      say('gallery')
      const gallery = await measureGallery(browser.page)
      say('live charts')
      const live = await measureLive(browser.page, (step) => {
        holder.listeners!.emit('run.metrics', { key: loadedKey(0), rows: [{ metric: 'loss', step, value: 1 / step }, { metric: 'validationLoss', step, value: 1.1 / step }] })
      }, load)
      return [
        figure('launch of the server to a usable page', launch, 'ms', { most: 2000 }),
        figure(`list of ${load.runs} runs on the screen`, list, 'ms', { most: 300 }),
        figure(`  of that, asked of the host`, callList, 'ms'),
        figure(`comparison of ${comparedRuns} runs that nobody compared before, all of it`, compare.all, 'ms', { most: 300 }),
        figure(`  what differs, and figures with intervals`, compare.figures, 'ms'),
        figure(`  tests against the first`, compare.tests, 'ms'),
        figure(`  curves`, compare.curves, 'ms'),
        figure(`  samples on which they disagree, with their faces`, compare.samples, 'ms'),
        ...galleryFigures(gallery, load.faces!),
        figure('updates of a live chart drawn', live.updates, 'a second', { least: updatesPerSecond * 0.9 }),
        figure('longest answer to a key meanwhile', live.slowestKeyMs, 'ms', { most: 100 }),
        figure('longest time between two frames meanwhile', live.longestFrameMs, 'ms'),
      ]
    }
    finally {
      await served.close()
      await holder.close()
    }
  }
  finally {
    await browser.close()
  }
}

/** From the start of the process until the overview can be used, with no host there yet. */
async function measureLaunch(folder: string, page: Page): Promise<number> {
  return median(async () => {
    let served: Served | undefined
    const ms = await timed(async () => {
      served = await serve(folder)
      await page.goto(served.address)
      await page.locator('a.box').first().waitFor()
    })
    await page.goto('about:blank')
    await served!.close()
    await sleep(lingerMs + 700)
    return ms
  })
}

interface Seen { updates: number, slowestKeyMs: number, longestFrameMs: number }

/** A run's screen while values come in: how often its chart is drawn anew, and how long keys and frames have to wait. */
async function measureLive(page: Page, emit: (step: number) => void, { points }: Load): Promise<Seen> {
  await inPage(page, `goTo("/runs/${loadedKey(0)}")`)
  await page.locator('canvas').first().waitFor()
  await sleep(1000)
  await inPage(page, 'watch()')
  let step = points
  const timer = setInterval(() => emit(++step), 1000 / updatesPerSecond)
  const until = Date.now() + liveMs
  while (Date.now() < until) {
    await page.keyboard.press('Tab')
    await sleep(250)
  }
  clearInterval(timer)
  const seen = await inPage<Seen>(page, 'seen')
  return { ...seen, updates: seen.updates / (liveMs / 1000) }
}
