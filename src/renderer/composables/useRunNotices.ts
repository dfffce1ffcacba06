import type { Notice } from '#renderer/stores/notices.ts'
import type { RunView } from '#shared/views.ts'
import { onScopeDispose } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { wordMs } from '#renderer/format.ts'

/** What the bell says of a run that came to an end, or null where it did not. */
export function noticeOf(run: RunView, atMs: number): Omit<Notice, 'isRead'> | null {
  const common = { id: `${run.key}:${run.attempt}:${run.state}`, atMs, route: `/runs/${run.key}` }
  switch (run.state) {
    case 'done': return { ...common, tone: 'ok', title: `${run.label} is done`, text: run.durationMs === null ? '' : `It took ${wordMs(run.durationMs)}.` }
    case 'failed': return { ...common, tone: 'err', title: `${run.label} failed`, text: run.reason?.message ?? '' }
    case 'interrupted': return { ...common, tone: 'warn', title: `${run.label} was interrupted`, text: run.reason?.message ?? 'Its worker is gone; it can be resumed.' }
    default: return null
  }
}

/** Calls `tell` once for each run that ends, fails or is interrupted while the window is open. */
export function useRunNotices(tell: (notice: Omit<Notice, 'isRead'>, durationMs: number | null) => void): void {
  const client = useClient()
  const states = new Map<string, string>()
  onScopeDispose(client.on('run.changed', (run) => {
    const isNews = states.get(run.key) !== run.state
    states.set(run.key, run.state)
    const notice = isNews ? noticeOf(run, Date.now()) : null
    if (notice)
      tell(notice, run.durationMs)
  }))
}
