import { Buffer } from 'node:buffer'
import { open, stat } from 'node:fs/promises'
import { RunEvent } from '#shared/order.ts'
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
  const activity: Activity = { unit: '', rate: { timesMs: [], values: [] }, memory: { timesMs: [], values: [] }, attempts: [], isCut: false }
  const size = (await stat(path).catch(() => null))?.size ?? 0
  const from = Math.max(0, size - limitBytes)
  activity.isCut = from > 0
  const text = await readFrom(path, from, size)
  for (const line of text.split('\n')) {
    const event = interesting.test(line) ? parse(line) : null
    if (event)
      take(activity, event)
  }
  return { ...activity, rate: thin(activity.rate, buckets), memory: thin(activity.memory, buckets) }
}

function take(activity: Activity, event: RunEvent): void {
  switch (event.type) {
    case 'progress':
      activity.unit = event.unit
      // The first word of a part says no speed yet.
      if (event.perSecond > 0) {
        activity.rate.timesMs.push(event.time)
        activity.rate.values.push(event.perSecond)
      }
      break
    case 'heartbeat':
      activity.memory.timesMs.push(event.time)
      activity.memory.values.push(event.memoryBytes)
      break
    case 'started':
      activity.attempts.push({ atMs: event.time, resumedFrom: event.resumedFrom })
      break
  }
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

function parse(line: string): RunEvent | null {
  try {
    return RunEvent.parse(JSON.parse(line))
  }
  catch {
    return null
  }
}
