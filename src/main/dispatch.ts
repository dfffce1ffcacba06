import type { z } from 'zod'
import type { Reply } from '#shared/bridge.ts'
import type { Client, EventName, Events, Handlers, Method } from '#shared/contract.ts'
import { parseInput } from '#main/security/inputs.ts'
import { methods } from '#shared/contract.ts'
import { FacetError, toProblem } from '#shared/errors.ts'
import { suggestName } from '#shared/nearest.ts'

/** What a carrier is given: the handlers that exist here, and who may write instead of us (null where we may). */
export interface Dispatching {
  handlers: Partial<Handlers>
  refuseWrites: FacetError | null
}

/** Answers one call from outside: the name and the input are checked, whatever goes wrong becomes a Problem. */
export async function dispatch({ handlers, refuseWrites }: Dispatching, name: string, input: unknown): Promise<Reply> {
  try {
    return { ok: true, value: await call({ handlers, refuseWrites }, name, input) }
  }
  catch (error) {
    if (!(error instanceof FacetError))
      console.error(error)
    return {
      ok: false,
      problem: toProblem(error),
    }
  }
}

async function call({ handlers, refuseWrites }: Dispatching, name: string, input: unknown): Promise<unknown> {
  if (!Object.hasOwn(methods, name)) {
    throw new FacetError('usage', `There is no method "${name}".`, {
      hint: suggestName(name, Object.keys(methods)),
    })
  }
  const { effect, input: schema } = methods[name as Method]
  const parsed = parseInput(schema as z.ZodType, input, name)
  if (effect === 'write' && refuseWrites)
    throw refuseWrites
  const handler = handlers[name as Method] as ((input: unknown) => unknown) | undefined
  if (!handler)
    throw new FacetError('internal', `internal: nobody answers ${name}.`)
  return handler(parsed)
}

/** The value of a reply. @throws FacetError as it was thrown on the other side */
export function unwrap(reply: Reply): unknown {
  if (reply.ok)
    return reply.value
  const { code, message, where, hint } = reply.problem
  throw new FacetError(code, message, { where, hint })
}

/** Calls without a carrier, through the same gate. */
export function directClient(dispatching: Dispatching, listen: Client['on'], close: () => Promise<void>): Client {
  return {
    call: (async (method: Method, input?: unknown) => unwrap(await dispatch(dispatching, method, input))) as Client['call'],
    on: listen,
    close,
  }
}

/** Who listens to what. A listener that throws is reported and does not keep the others from hearing. */
export interface Listeners {
  emit: <E extends EventName>(event: E, payload: Events[E]) => void
  on: Client['on']
  /** Hears everything, for carriers. */
  onAny: (listener: (event: EventName, payload: unknown) => void) => () => void
}

export function createListeners(): Listeners {
  const listeners = new Set<(event: EventName, payload: unknown) => void>()
  const onAny: Listeners['onAny'] = (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return {
    emit: (event, payload) => {
      for (const listener of listeners) {
        try {
          listener(event, payload)
        }
        catch (error) {
          console.error(error)
        }
      }
    },
    on: (event, listener) => onAny((name, payload) => {
      if (name === event)
        listener(payload as Events[typeof event])
    }),
    onAny,
  }
}
