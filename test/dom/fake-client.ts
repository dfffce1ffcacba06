import type { PageClient } from '#renderer/client/client.ts'
import type { EventName, Method } from '#shared/contract.ts'
import { shallowRef } from 'vue'

type Answers = Partial<Record<Method, (input: never) => unknown>>

/** A client whose answers the test gives; `calls` lists what was asked, `emit` tells an event. */
export function fakeClient(answers: Answers): PageClient & { calls: [Method, unknown][], emit: (event: EventName, payload: unknown) => void, reconnect: () => void } {
  const calls: [Method, unknown][] = []
  const listeners = new Map<EventName, Set<(payload: never) => void>>()
  const reconnected = new Set<() => void>()
  return {
    calls,
    connection: shallowRef('open'),
    call: (async (method: Method, input: never) => {
      calls.push([method, input])
      const answer = answers[method]
      if (!answer)
        throw new Error(`the test has no answer to ${method}`)
      return answer(input)
    }) as PageClient['call'],
    on: (event, listener) => {
      const heard = listeners.get(event) ?? new Set()
      listeners.set(event, heard)
      heard.add(listener as (payload: never) => void)
      return () => heard.delete(listener as (payload: never) => void)
    },
    onReconnect: (listener) => {
      reconnected.add(listener)
      return () => reconnected.delete(listener)
    },
    emit: (event, payload) => listeners.get(event)?.forEach(listener => listener(payload as never)),
    reconnect: () => reconnected.forEach(listener => listener()),
    close: async () => {},
  }
}
