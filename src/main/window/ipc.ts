import type { BrowserWindow, IpcMainInvokeEvent } from 'electron'
import type { Reply } from '#shared/bridge.ts'
import type { MenuCommand } from '#shared/desktop.ts'
import type { Front } from '../front/front.ts'
import { ipcMain } from 'electron'
import { desktopCalls } from '#shared/desktop.ts'
import { FacetError, toProblem } from '#shared/errors.ts'
import { isOwnSender } from '../security/electron-rules.ts'
import { parseInput } from '../security/inputs.ts'
import { desktopAnswers } from './desktop-answers.ts'

/** The channels between page and main process; the preload names the same ones. */
const channels = { call: 'facet:call', desktop: 'facet:desktop', state: 'facet:state', event: 'facet:event', command: 'facet:command' } as const

/** Answers a window's calls, and speaks to it. */
export interface PageChannel { tell: (command: MenuCommand) => void, close: () => void }

/** Connects one window with the front; whoever else sends is refused. */
export function connectPage(window: BrowserWindow, front: Front, pageUrl: string): PageChannel {
  const send = (channel: string, ...args: unknown[]): void => {
    if (!window.isDestroyed())
      window.webContents.send(channel, ...args)
  }
  const tell = (command: MenuCommand): void => send(channels.command, command)
  const answers = desktopAnswers(window, tell)
  const guarded = (answer: (name: string, input: unknown) => Promise<Reply>) => async (event: IpcMainInvokeEvent, name: unknown, input: unknown): Promise<Reply> => {
    if (event.sender !== window.webContents || !isOwnSender(event.senderFrame, pageUrl))
      return refuse(new FacetError('usage', 'Only Facet\'s own page is answered.'))
    if (typeof name !== 'string')
      return refuse(new FacetError('usage', 'A call needs a name.'))
    return answer(name, input)
  }
  ipcMain.handle(channels.call, guarded((name, input) => front.dispatch(name, input)))
  ipcMain.handle(channels.desktop, guarded(async (name, input) => {
    try {
      if (!Object.hasOwn(desktopCalls, name))
        throw new FacetError('usage', `The desktop has no call "${name.slice(0, 100)}".`)
      const call = name as keyof typeof desktopCalls
      return { ok: true, value: await (answers[call] as (input: unknown) => unknown)(parseInput(desktopCalls[call].input, input ?? {}, name)) }
    }
    catch (error) {
      return refuse(error)
    }
  }))
  ipcMain.handle(channels.state, guarded(async () => ({ ok: true, value: front.state() })))
  const stops = [
    front.onEvent((event, payload) => send(channels.event, event, payload)),
    front.onState(state => send(channels.state, state)),
  ]
  return {
    tell,
    close: () => {
      stops.forEach(stop => stop())
      for (const channel of [channels.call, channels.desktop, channels.state])
        ipcMain.removeHandler(channel)
    },
  }
}

function refuse(error: unknown): Reply {
  if (!(error instanceof FacetError))
    console.error(error)
  return { ok: false, problem: toProblem(error) }
}
