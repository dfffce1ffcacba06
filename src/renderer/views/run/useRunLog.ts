import type { ShallowRef } from 'vue'
import type { Problem } from '#shared/errors.ts'
import type { LogLine } from './log-lines.ts'
import { useIntervalFn } from '@vueuse/core'
import { shallowRef, watch } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { toProblem } from '#shared/errors.ts'
import { readLines } from './log-lines.ts'

/** Lines kept in the page; the file has all. */
const most = 5000

/** The log of a run, from its last part on; followed while the run is at work. */
export function useRunLog(key: () => string, isActive: () => boolean): { lines: Readonly<ShallowRef<readonly LogLine[]>>, path: Readonly<ShallowRef<string>>, problem: Readonly<ShallowRef<Problem | null>> } {
  const client = useClient()
  const lines = shallowRef<readonly LogLine[]>([])
  const path = shallowRef('')
  const problem = shallowRef<Problem | null>(null)
  let next: number | undefined
  /** A line that was not finished when it was read. */
  let rest = ''
  let isAsking = false
  /** More was asked for in the meantime: its last words may have come after the answer under way. */
  let isWanted = false

  async function more(): Promise<void> {
    if (isAsking) {
      isWanted = true
      return
    }
    isAsking = true
    const asked = key()
    try {
      const answer = await client.call('runs.logs', { key: asked, from: next })
      if (asked !== key())
        return
      path.value = answer.path
      problem.value = null
      if (answer.text === '')
        return
      next = answer.next
      const whole = (rest + answer.text).split('\n')
      rest = whole.pop()!
      const last = lines.value.at(-1)
      if (whole.length > 0)
        lines.value = [...lines.value, ...readLines(whole.join('\n'), (last?.id ?? -1) + 1, last)].slice(-most)
    }
    catch (error) {
      problem.value = toProblem(error)
    }
    finally {
      isAsking = false
      if (isWanted) {
        isWanted = false
        void more()
      }
    }
  }
  watch(key, () => {
    lines.value = []
    next = undefined
    rest = ''
    void more()
  }, { immediate: true })
  useIntervalFn(() => isActive() && void more(), 1000)
  watch(isActive, () => void more()) // its last words
  return { lines, path, problem }
}
