import type { InjectionKey } from 'vue'
import type { PageBridge, Reply } from '#shared/bridge.ts'
import type { Method } from '#shared/contract.ts'
import type { Desktop, DesktopCall, DesktopInput, FrontCall } from '#shared/desktop.ts'
import type { Transport } from './transport.ts'
import { inject } from 'vue'
import { desktopCalls, frontCalls } from '#shared/desktop.ts'
import { FacetError } from '#shared/errors.ts'
import { createBrowserCalls } from './browser-desktop.ts'

export const desktopKey: InjectionKey<Desktop> = Symbol('desktop')

/** What is around the window: dialogues, notifications, workspaces; the same in Electron and in a browser. */
export function useDesktop(): Desktop {
  const desktop = inject(desktopKey)
  if (!desktop)
    throw new Error('internal: no desktop was provided.')
  return desktop
}

/** The desktop of where the page runs. What concerns workspaces and folders is asked of the process in front of them, over the transport. */
export function createDesktop(transport: Transport, bridge: PageBridge['desktop'] | undefined): Desktop {
  const fronts = Object.fromEntries((Object.keys(frontCalls) as FrontCall[]).map(call => [
    call,
    async (input: unknown) => frontCalls[call].result.parse(unwrap(await transport.call(`front.${call}` as Method, input))),
  ])) as unknown as Pick<Desktop, FrontCall>
  if (!bridge)
    return { ...createBrowserCalls(), ...fronts, kind: 'browser', dropPath: () => null, onCommand: () => () => {} }
  const calls = Object.fromEntries((Object.keys(desktopCalls) as DesktopCall[]).map(call => [
    call,
    async (input: DesktopInput<DesktopCall>) => unwrap(await (bridge[call] as (input: unknown) => Promise<Reply>)(input)),
  ])) as unknown as Pick<Desktop, DesktopCall>
  const { dropPath, onCommand } = bridge
  return { ...calls, ...fronts, kind: 'electron', dropPath, onCommand }
}

function unwrap(reply: Reply): unknown {
  if (reply.ok)
    return reply.value
  const { code, message, where, hint } = reply.problem
  throw new FacetError(code, message, { where, hint })
}
