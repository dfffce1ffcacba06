import type { BenchFigure } from '#main/bench-figure.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { measureFullWorkspace } from './full-workspace.ts'
import { measureLargeDataset } from './large-dataset.ts'
import { measureLongDay } from './long-day.ts'
import { measureLongFile } from './long-file.ts'
import { measureWatched } from './watched.ts'

/** How much of each. */
export interface LoadSize {
  clients: number
  liveRuns: number
  liveSeconds: number
  /** Rows of the event file that nobody has followed. */
  rows: number
  /** Runs of the full workspace, of 20 metrics x 1,500 values each. */
  runs: number
  hours: number
  /** Images of the large data set. */
  images: number
}

/** The workspace under the load of years, each part in a folder of its own that is removed afterwards. */
export async function benchLoad({ clients, liveRuns, liveSeconds, rows, runs, hours, images }: LoadSize, say: (text: string) => void): Promise<BenchFigure[]> {
  const parts: { name: string, measure: (folder: string) => Promise<BenchFigure[]> }[] = [
    { name: `${clients} windows on ${liveRuns} live runs`, measure: folder => measureWatched(folder, { clients, runs: liveRuns, seconds: liveSeconds }) },
    { name: `an event file of ${rows.toLocaleString('en')} rows`, measure: folder => measureLongFile(folder, rows) },
    { name: `a workspace of ${runs} runs`, measure: folder => measureFullWorkspace(folder, { runs, metrics: 20, steps: 1500 }, say) },
    { name: `a data set of ${images.toLocaleString('en')} images`, measure: folder => measureLargeDataset(folder, images) },
    { name: `${hours} simulated hours`, measure: folder => measureLongDay(folder, hours) },
  ]
  const figures: BenchFigure[] = []
  for (const { name, measure } of parts) {
    say(name)
    const folder = mkdtempSync(join(tmpdir(), 'facet-bench-load-'))
    try {
      figures.push(...await measure(folder))
    }
    finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    }
  }
  return figures
}
