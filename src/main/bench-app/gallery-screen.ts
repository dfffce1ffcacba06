import type { Page } from 'playwright-core'
import type { BenchFigure } from '#main/bench-figure.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { figure } from '#main/bench-figure.ts'
import { inPage, measureScreen } from './screen.ts'
import { middleOf } from './timing.ts'
import { datasetName } from './workspace.ts'

interface Scroll { rows: number, framesPerSecond: number, longestFrameMs: number, slowShare: number, filledShare: number }
export interface GalleryTimes {
  /** Until the first faces stand there. */
  openMs: number
  /** Turning the wheel briskly, twenty notches a second. */
  wheel: Scroll
  /** Dragging the scroll bar from top to bottom. */
  drag: Scroll
  /** From a jump to anywhere until all tiles in sight are filled. */
  jumpMs: number
  longestJumpMs: number
}

const notches = 100
const notch = 120
const notchEveryMs = 50
const dragMs = 5000
const jumps = 15
/** A screen shows 60; nobody sees that a few are missing. */
const smoothPerSecond = 55
/** Multiples of it, without their whole part, spread over 0 to 1 and never come near one another. */
const goldenRatio = 0.618034

/** The gallery of all faces of the data set: opened, scrolled with the wheel and the bar, jumped about in. */
export async function measureGallery(page: Page): Promise<GalleryTimes> {
  const { faces: openMs } = await measureScreen(page, `/datasets/${datasetName}?tab=faces`, { faces: '.gallery img' })
  await inPage(page, 'timeJump(0)')
  await page.locator('.gallery').hover()
  await inPage(page, 'watchScroll()')
  for (let step = 0; step < notches; step++) {
    await page.mouse.wheel(0, notch)
    await sleep(notchEveryMs)
  }
  const wheel = await inPage<Scroll>(page, 'endScroll()')
  await inPage(page, 'timeJump(0)')
  await inPage(page, 'watchScroll()')
  await inPage(page, `dragThrough(${dragMs})`)
  const drag = await inPage<Scroll>(page, 'endScroll()')
  const times: number[] = []
  for (let jump = 1; jump <= jumps; jump++) {
    times.push(await inPage<number>(page, `timeJump(${jump * goldenRatio % 1})`))
    await sleep(200)
  }
  return { openMs, wheel, drag, jumpMs: middleOf(times), longestJumpMs: Math.max(...times) }
}

/** What is promised of the gallery, and what was measured besides. */
export function galleryFigures({ openMs, wheel, drag, jumpMs, longestJumpMs }: GalleryTimes, faces: number): BenchFigure[] {
  return [
    figure(`gallery of ${faces} faces opened`, openMs, 'ms'),
    figure('  frames drawn while the wheel turns, 20 notches a second', wheel.framesPerSecond, 'a second', { least: smoothPerSecond }),
    figure('  longest of them', wheel.longestFrameMs, 'ms'),
    figure('  of them longer than 50 ms', 100 * wheel.slowShare, '%'),
    figure('  tiles in sight that show their face meanwhile', 100 * wheel.filledShare, '%'),
    figure(`  frames drawn while the bar is dragged from top to bottom in ${dragMs / 1000} s`, drag.framesPerSecond, 'a second', { least: smoothPerSecond }),
    figure('  longest of them', drag.longestFrameMs, 'ms'),
    figure('  of them longer than 50 ms', 100 * drag.slowShare, '%'),
    figure('  every tile in sight filled after a jump', jumpMs, 'ms'),
    figure('  the longest jump', longestJumpMs, 'ms'),
  ]
}
