import { Buffer } from 'node:buffer'
import { open, stat } from 'node:fs/promises'
import { parseEvent } from '#shared/event-line.ts'
import { thinCurve } from '#shared/thin.ts'

interface Timeline { timesMs: number[], values: number[] }

/** What a run's event file says of its speed and memory over time, and where attempts began. */
export interface Activity {
  unit: string
  rate: Timeline
  memory: Timeline
  attempts: { atMs: number, resumedFrom: number | null }[]
  isCut: boolean
}

/** Half a day at four lines a second: more is cut at its old end, and said. */
const limitBytes = 24 << 20
const interesting = /"type":"(?:progress|heartbeat|started)"/

/** Reads a run's event file. A line that is broken or not finished is passed over. */
export async function readActivity(path: string, buckets: number): Promise<Activity> {
  const memory: Timeline = { timesMs: [], values: [] }
  const rates = new Map<string, Timeline>()
  const attempts: Activity['attempts'] = []
  const size = (await stat(path).catch(() => null))?.size ?? 0
  const from = Math.max(0, size - limitBytes)
  const text = await readFrom(path, from, size)
  for (const line of text.split('\n')) {
    const event = interesting.test(line) ? parseEvent(line) : null
    // The first word of a part says no speed yet.
    if (event?.type === 'progress' && event.perSecond > 0)
      put(timelineOf(rates, event.unit), event.time, event.perSecond)
    else if (event?.type === 'heartbeat')
      put(memory, event.time, event.memoryBytes)
    else if (event?.type === 'started')
      attempts.push({ atMs: event.time, resumedFrom: event.resumedFrom })
  }
  // Parts of a run count different things; the one that took longest is the run's speed.
  const [unit, rate] = [...rates].sort(([, a], [, b]) => b.values.length - a.values.length)[0] ?? ['', { timesMs: [], values: [] }]
  return { unit, rate: thin(rate, buckets), memory: thin(memory, buckets), attempts, isCut: from > 0 }
}

function timelineOf(rates: Map<string, Timeline>, unit: string): Timeline {
  const timeline = rates.get(unit) ?? { timesMs: [], values: [] }
  rates.set(unit, timeline)
  return timeline
}

function put({ timesMs, values }: Timeline, timeMs: number, value: number): void {
  timesMs.push(timeMs)
  values.push(value)
}

function thin({ timesMs, values }: Timeline, buckets: number): Timeline {
  const thinned = thinCurve({ steps: timesMs, values }, buckets)
  return { timesMs: thinned.steps, values: thinned.values }
}

async function readFrom(path: string, from: number, to: number): Promise<string> {
  if (to === from)
    return ''
  const file = await open(path, 'r')
  try {
    const bytes = Buffer.alloc(to - from)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
    return bytes.toString('utf8', 0, bytesRead)
  }
  finally {
    await file.close()
  }
}
