import type { Page } from 'playwright-core'
import { measureScreen } from './screen.ts'
import { middleOf } from './timing.ts'
import { comparedRuns, comparisons, loadedKey } from './workspace.ts'

interface CompareTimes { figures: number, tests: number, curves: number, samples: number, all: number }

/** Runs whose answers nobody asked for before: each round compares others. Medians over the rounds; `all` is the last of the parts. */
export async function measureCompare(page: Page): Promise<CompareTimes> {
  const times: CompareTimes[] = []
  for (let round = 0; round < comparisons; round++) {
    const keys = Array.from({ length: comparedRuns }, (_, index) => loadedKey(round * comparedRuns + index))
    const parts = await measureScreen(page, `/compare?keys=${keys.join(',')}`, {
      figures: '[aria-label="Figures"] tbody td',
      tests: `table:has(caption) tbody tr:nth-child(${comparedRuns - 1})`,
      curves: 'canvas',
      samples: '.gallery img',
    })
    times.push({ ...parts, all: Math.max(...Object.values(parts)) })
  }
  const middle = (part: keyof CompareTimes): number => middleOf(times.map(each => each[part]))
  return { figures: middle('figures'), tests: middle('tests'), curves: middle('curves'), samples: middle('samples'), all: middle('all') }
}
