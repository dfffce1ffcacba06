import type { ShallowRef } from 'vue'
import type { Problem } from '#shared/errors.ts'
import { shallowRef } from 'vue'
import { toProblem } from '#shared/errors.ts'

export interface Action<A extends unknown[], R> {
  /** Does it; a second call while the first is under way does nothing. Returns undefined where it failed. */
  run: (...args: A) => Promise<R | undefined>
  isPending: Readonly<ShallowRef<boolean>>
  problem: Readonly<ShallowRef<Problem | null>>
  clear: () => void
}

/** Something a person does: whether it is under way, and why it failed, for the button and the alert beside it. */
export function useAction<A extends unknown[], R>(act: (...args: A) => Promise<R>): Action<A, R> {
  const isPending = shallowRef(false)
  const problem = shallowRef<Problem | null>(null)
  async function run(...args: A): Promise<R | undefined> {
    if (isPending.value)
      return undefined
    isPending.value = true
    problem.value = null
    try {
      return await act(...args)
    }
    catch (error) {
      problem.value = toProblem(error)
      return undefined
    }
    finally {
      isPending.value = false
    }
  }
  return { run, isPending, problem, clear: () => { problem.value = null } }
}
