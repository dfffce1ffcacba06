import type { Page } from 'playwright-core'
import type { BenchFigure } from '#main/bench-figure.ts'
import type { Served } from './serve.ts'
import type { Load } from './workspace.ts'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { figure } from '#main/bench-figure.ts'
import { connect } from '#main/core.ts'
import { lingerMs, serve } from './serve.ts'
import { comparedRuns, loadedKey } from './workspace.ts'

const rounds = 5
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
      const list = await median(() => measureScreen(browser.page, '/runs', `[role=grid][aria-rowcount="${load.runs + 1}"] .line`))
      const keys = Array.from({ length: comparedRuns }, (_, index) => loadedKey(index))
      const compare = await median(() => measureScreen(browser.page, `/compare?keys=${keys.join(',')}`, 'canvas'))
      const call = async (ask: () => Promise<unknown>): Promise<number> => median(async () => timed(ask))
      const callList = await call(() => holder.client.call('runs.list', {}))
      const callCompare = await call(() => holder.client.call('runs.compare', { keys }))
      say('live charts')
      const live = await measureLive(browser.page, (step) => {
        holder.listeners!.emit('run.metrics', { key: loadedKey(0), rows: [{ metric: 'loss', step, value: 1 / step }, { metric: 'validationLoss', step, value: 1.1 / step }] })
      }, load)
      return [
        figure('launch of the server to a usable page', launch, 'ms', { most: 2000 }),
        figure(`list of ${load.runs} runs on the screen`, list, 'ms', { most: 300 }),
        figure(`  of that, asked of the host`, callList, 'ms'),
        figure(`comparison of ${comparedRuns} runs on the screen`, compare, 'ms', { most: 300 }),
        figure(`  of that, tests over ${comparedRuns} runs asked of the host`, callCompare, 'ms'),
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

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

async function median(measure: () => Promise<number>): Promise<number> {
  const values: number[] = []
  for (let round = 0; round < rounds; round++)
    values.push(await measure())
  return values.sort((a, b) => a - b)[Math.floor(rounds / 2)]!
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

/** Calls one of the functions of in-page.js, which a page has after its first call. */
async function inPage<T>(page: Page, call: string): Promise<T> {
  if (!await page.evaluate('"bench" in globalThis'))
    await page.evaluate(readFileSync(join(import.meta.dirname, 'in-page.js'), 'utf8'))
  return page.evaluate(`bench.${call}`)
}

/** From the change of the address until what the screen is for stands there and is painted. */
async function measureScreen(page: Page, route: string, ready: string): Promise<number> {
  await inPage(page, 'goTo("/try")')
  await page.waitForFunction('bench.isAway()')
  await sleep(300)
  return inPage(page, `timeScreen(${JSON.stringify(route)}, ${JSON.stringify(ready)})`)
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
