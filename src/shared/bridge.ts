import type { EventName, Method } from './contract.ts'
import type { Desktop, DesktopCall, DesktopInput } from './desktop.ts'
import type { Problem } from './errors.ts'

/** An answer as it crosses a carrier: plain data, since a class does not survive the crossing. */
export type Reply = { ok: true, value: unknown } | { ok: false, problem: Problem }

/** Whether the holder of the workspace can be reached: `lost` until it is back. */
export type Connection = 'connecting' | 'open' | 'lost'

/**
 * The part of `window.facet` that carries the contract in Electron; methods go by their names in the contract only. A call made
 * while the host is away is answered with a Problem, never left hanging.
 */
export interface Bridge {
  call: (method: Method, input?: unknown) => Promise<Reply>
  /** Returns the function that stops listening. */
  onEvent: (listener: (event: EventName, payload: unknown) => void) => () => void
  /** Tells the state as it is now, then each change. */
  onConnection: (listener: (state: Connection) => void) => () => void
}

/** All of `window.facet`: the contract's carrier and the desktop's calls, whose answers are plain data as well. */
export interface PageBridge extends Bridge {
  desktop: { [C in DesktopCall]: (input: DesktopInput<C>) => Promise<Reply> } & Pick<Desktop, 'dropPath' | 'onCommand'>
}
