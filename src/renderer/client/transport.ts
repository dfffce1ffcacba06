import type { Connection, Reply } from '#shared/bridge.ts'
import type { EventName, Method } from '#shared/contract.ts'

/** A way to the host: carries calls there and events back, and comes back by itself after a loss. */
export interface Transport {
  call: (method: Method, input?: unknown) => Promise<Reply>
  onEvent: (listener: (event: EventName, payload: unknown) => void) => () => void
  /** Tells the state as it is now, then each change. */
  onConnection: (listener: (state: Connection) => void) => () => void
  close: () => void
}

/** What a call is answered with while the host is away. */
export const away: Reply = {
  ok: false,
  problem: {
    code: 'interrupted',
    message: 'Facet\'s host does not answer.',
    hint: 'This window connects again by itself. Runs go on without it.',
  },
}
