import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import type { EventName, Events, Input, Method, Result } from '#shared/contract.ts'
import type { Problem } from '#shared/errors.ts'
import { onScopeDispose, shallowRef, toValue, watch } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { toProblem } from '#shared/errors.ts'

export type QueryStatus = 'loading' | 'ready' | 'failed'

export interface Query<T> {
  /** The newest answer; the one before it stays while it is asked again. Undefined before the first. */
  data: Readonly<ShallowRef<T | undefined>>
  /** Why the newest attempt failed, else null. */
  problem: Readonly<ShallowRef<Problem | null>>
  /** `loading` before the first answer only, so that figures never blink. */
  status: Readonly<ShallowRef<QueryStatus>>
  reload: () => Promise<void>
}

export interface QueryOptions {
  /** Events after which the answer may be another one. */
  refreshOn?: readonly EventName[]
  /**
   * Whether an event concerns this query.
   *
   * @default every event of `refreshOn` does
   */
  concerns?: (payload: Events[EventName]) => boolean
  /**
   * Shortest time between two questions that events cause: events come in bursts.
   *
   * @default 250
   */
  throttleMs?: number
}

/**
 * One question to the contract, asked again when its input changes, when an event says so and when a lost host is back.
 * A late answer never overwrites a newer one. An input of null asks nothing.
 */
export function useQuery<M extends Method>(
  method: M,
  input?: MaybeRefOrGetter<Input<M> | null>,
  { refreshOn = [], concerns = () => true, throttleMs = 250 }: QueryOptions = {},
): Query<Result<M>> {
  const client = useClient()
  const data = shallowRef<Result<M>>()
  const problem = shallowRef<Problem | null>(null)
  const status = shallowRef<QueryStatus>('loading')
  let newest = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function reload(): Promise<void> {
    const asked = toValue(input)
    if (asked === null)
      return
    const turn = ++newest
    try {
      const answer = await (client.call as (method: M, input?: unknown) => Promise<Result<M>>)(method, asked)
      if (turn !== newest)
        return
      data.value = answer
      problem.value = null
      status.value = 'ready'
    }
    catch (error) {
      if (turn !== newest)
        return
      problem.value = toProblem(error)
      status.value = 'failed'
    }
  }
  function refresh(): void {
    timer ??= setTimeout(() => {
      timer = undefined
      void reload()
    }, throttleMs)
  }

  // Null, which asks nothing, is another input than none.
  watch(() => JSON.stringify(toValue(input)), () => {
    data.value = undefined
    problem.value = null
    status.value = 'loading'
    newest++
    void reload()
  }, { immediate: true })
  const stops = [
    client.onReconnect(() => void reload()),
    ...refreshOn.map(event => client.on(event, payload => concerns(payload) && refresh())),
  ]
  onScopeDispose(() => {
    newest++
    clearTimeout(timer)
    stops.forEach(stop => stop())
  })
  return { data, problem, status, reload }
}
