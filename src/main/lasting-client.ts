import type { Client, EventName, Events, Method } from '#shared/contract.ts'
import { methods } from '#shared/contract.ts'
import { HolderGone } from './holder-gone.ts'

interface Ear { event: EventName, listener: (payload: never) => void, stop: () => void }

/**
 * A guest's client that outlives its host, which may have been there for one short command only. A call that was not made, or
 * that changes nothing, is made again through `renew`'s client; one that the old host may have done is left to the caller.
 */
export function createLastingClient(first: Client, renew: () => Promise<Client>): Client {
  let current = first
  let renewing: Promise<void> | null = null
  let isClosed = false
  const ears = new Set<Ear>()

  const listen = (ear: Ear): void => {
    ear.stop = current.on(ear.event, ear.listener as (payload: Events[EventName]) => void)
  }
  async function replace(): Promise<void> {
    const old = current
    current = await renew()
    ears.forEach(listen)
    await old.close()
    if (isClosed)
      await current.close()
  }
  async function call(method: Method, input?: unknown): Promise<unknown> {
    const used = current
    const ask = current.call as (method: Method, input?: unknown) => Promise<unknown>
    try {
      return await ask(method, input)
    }
    catch (error) {
      const mayRepeat = error instanceof HolderGone && (!error.wasAsked || methods[method].effect === 'read')
      if (!mayRepeat || isClosed)
        throw error
      if (current === used)
        await (renewing ??= replace().finally(() => { renewing = null }))
      return call(method, input)
    }
  }
  return {
    call: call as Client['call'],
    on: (event, listener) => {
      const ear: Ear = { event, listener: listener as Ear['listener'], stop: () => {} }
      ears.add(ear)
      listen(ear)
      return () => {
        ears.delete(ear)
        ear.stop()
      }
    },
    close: async () => {
      isClosed = true
      await renewing?.catch(() => {})
      await current.close()
    },
  }
}
