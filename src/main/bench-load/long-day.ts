import type { BenchFigure } from '#main/bench-figure.ts'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { figure } from '#main/bench-figure.ts'
import { processStart } from '#shared/process-identity.ts'
import { makeLiveWorkspace } from './live-runs.ts'
import { startLoadProcess } from './processes.ts'

const Hour = z.strictObject({ hour: z.number(), metrics: z.number(), heapUsed: z.number(), besideHeap: z.number() })
const End = z.strictObject({ state: z.string() })

/** A run of many hours under a fast clock, written and followed: whether memory stays what it was after the first hours. */
export async function measureLongDay(folder: string, hours: number): Promise<BenchFigure[]> {
  // The run's worker is this process: alive, and never silent, since no real time passes.
  const self = { pid: process.pid, started: processStart(process.pid)! }
  await makeLiveWorkspace(folder, 1, self)
  const startMs = performance.now()
  const day = startLoadProcess('day.ts', [folder, String(hours)], ['--expose-gc'])
  try {
    const seen: z.infer<typeof Hour>[] = []
    let state = ''
    for await (const text of createInterface({ input: day.child.stdout })) {
      const line = z.union([Hour, End]).parse(JSON.parse(text))
      if ('state' in line)
        state = line.state
      else
        seen.push(line)
    }
    await day.ended
    const seconds = (performance.now() - startMs) / 1000
    const settled = seen[Math.min(2, seen.length - 1)]!
    const last = seen.at(-1)!
    return [
      figure(`run of ${hours} simulated hours, written and followed`, seconds, 's'),
      figure('values lost', hours * 3600 - last.metrics, '', { most: 0 }),
      figure(`heap gained from hour ${settled.hour} to hour ${last.hour}`, (last.heapUsed - settled.heapUsed) / 2 ** 20, 'MB', { most: 5 }),
      // What the engine reserves for its heap grows in steps that say nothing.
      figure('memory beside the heap gained meanwhile', (last.besideHeap - settled.besideHeap) / 2 ** 20, 'MB', { most: 30 }),
      figure('runs that ended otherwise than done', Number(state !== 'done'), '', { most: 0 }),
    ]
  }
  finally {
    day.kill()
  }
}
