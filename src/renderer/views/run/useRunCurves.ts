import type { ShallowRef } from 'vue'
import type { Query } from '#renderer/composables/useQuery.ts'
import type { Result } from '#shared/contract.ts'
import { onScopeDispose, shallowRef, watch } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { useQuery } from '#renderer/composables/useQuery.ts'

export type Curves = Result<'runs.metrics'>
type Activity = Result<'runs.activity'>

/** Longest curves as they are asked for: up to four times as many points, more than a screen has columns. */
const buckets = 2000

/** The curves of a run, and its speed and memory over time. What comes in is put at their ends once per frame. */
export function useRunCurves(key: () => string): { query: Query<Curves>, curves: Readonly<ShallowRef<Curves>>, activity: Readonly<ShallowRef<Activity | undefined>> } {
  const client = useClient()
  const query = useQuery('runs.metrics', () => ({ key: key(), buckets }))
  const activityQuery = useQuery('runs.activity', () => ({ key: key() }), { refreshOn: ['run.changed'], concerns: event => 'state' in event && event.key.startsWith(key()) })
  const curves = shallowRef<Curves>({})
  const activity = shallowRef<Activity>()
  let waiting: { metric: string, step: number, value: number }[] = []
  let progress: { atMs: number, perSecond: number, memoryBytes: number | null }[] = []
  let frame = 0

  watch(query.data, (data) => { curves.value = data ?? {} }, { immediate: true })
  watch(activityQuery.data, (data) => { activity.value = data }, { immediate: true })
  function flush(): void {
    frame = 0
    if (waiting.length > 0)
      curves.value = extend(curves.value, waiting)
    if (progress.length > 0 && activity.value)
      activity.value = extendActivity(activity.value, progress)
    waiting = []
    progress = []
  }
  const soon = (): void => { frame ||= requestAnimationFrame(flush) }
  const stops = [
    client.on('run.metrics', (event) => {
      if (!event.key.startsWith(key()))
        return
      waiting.push(...event.rows)
      soon()
    }),
    client.on('run.progress', ({ key: own, progress: now, memoryBytes }) => {
      if (!own.startsWith(key()) || !now)
        return
      progress.push({ atMs: Date.now(), perSecond: now.perSecond, memoryBytes })
      soon()
    }),
  ]
  onScopeDispose(() => {
    cancelAnimationFrame(frame)
    stops.forEach(stop => stop())
  })
  return { query, curves, activity }
}

/** Curves with new values at their ends; a step that is there already (the event overtook the answer) is not put twice. */
export function extend(curves: Curves, rows: readonly { metric: string, step: number, value: number }[]): Curves {
  const next = { ...curves }
  for (const [metric, added] of Map.groupBy(rows, row => row.metric)) {
    const before = next[metric] ?? { steps: [], values: [], count: 0 }
    const last = before.steps.at(-1) ?? -1
    const fresh = added.filter(({ step }) => step > last)
    next[metric] = {
      steps: [...before.steps, ...fresh.map(({ step }) => step)],
      values: [...before.values, ...fresh.map(({ value }) => value)],
      count: before.count + fresh.length,
    }
  }
  return next
}

function extendActivity(activity: Activity, rows: readonly { atMs: number, perSecond: number, memoryBytes: number | null }[]): Activity {
  const rate = rows.filter(({ perSecond }) => perSecond > 0)
  const memory = rows.filter(({ memoryBytes }) => memoryBytes !== null)
  return {
    ...activity,
    rate: {
      timesMs: [...activity.rate.timesMs, ...rate.map(({ atMs }) => atMs)],
      values: [...activity.rate.values, ...rate.map(({ perSecond }) => perSecond)],
    },
    memory: {
      timesMs: [...activity.memory.timesMs, ...memory.map(({ atMs }) => atMs)],
      values: [...activity.memory.values, ...memory.map(({ memoryBytes }) => memoryBytes!)],
    },
  }
}
