import type { InjectionKey, Ref } from 'vue'
import type { Connection } from '#shared/bridge.ts'
import type { Client, EventName, Events, Method } from '#shared/contract.ts'
import type { Transport } from './transport.ts'
import { inject, shallowRef } from 'vue'
import { events, methods } from '#shared/contract.ts'
import { FacetError } from '#shared/errors.ts'

/** The contract's client as the page has it, with the state of its way to the host. */
export interface PageClient extends Client {
  connection: Readonly<Ref<Connection>>
  /** Called each time the host is there again after it was lost. */
  onReconnect: (listener: () => void) => () => void
}

export const clientKey: InjectionKey<PageClient> = Symbol('client')

/** The way to the host, for composables; components get their data from composables. */
export function useClient(): PageClient {
  const client = inject(clientKey)
  if (!client)
    throw new Error('internal: no client was provided.')
  return client
}

/** The contract's client over any transport: answers and events are checked, whatever carried them. */
export function createPageClient(transport: Transport): PageClient {
  const connection = shallowRef<Connection>('connecting')
  const reconnected = new Set<() => void>()
  let wasLost = false
  transport.onConnection((state) => {
    connection.value = state
    wasLost ||= state === 'lost'
    if (state === 'open' && wasLost) {
      wasLost = false
      for (const listener of reconnected)
        listener()
    }
  })
  const listeners = new Map<EventName, Set<(payload: never) => void>>()
  transport.onEvent((event, payload) => {
    const heard = listeners.get(event)
    if (!heard?.size)
      return
    const parsed = events[event].parse(payload) as never
    for (const listener of heard)
      listener(parsed)
  })
  async function call(method: Method, input?: unknown): Promise<unknown> {
    const reply = await transport.call(method, input)
    if (reply.ok)
      return methods[method].result.parse(reply.value ?? undefined)
    const { code, message, where, hint } = reply.problem
    throw new FacetError(code, message, { where, hint })
  }
  return {
    connection,
    call: call as Client['call'],
    on: <E extends EventName>(event: E, listener: (payload: Events[E]) => void) => {
      const heard = listeners.get(event) ?? new Set()
      listeners.set(event, heard)
      heard.add(listener as (payload: never) => void)
      return () => heard.delete(listener as (payload: never) => void)
    },
    onReconnect: (listener) => {
      reconnected.add(listener)
      return () => reconnected.delete(listener)
    },
    close: async () => transport.close(),
  }
}
