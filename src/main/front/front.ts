import type { HostLink, HostLinkOptions } from '#main/host-link.ts'
import type { Connection, Reply } from '#shared/bridge.ts'
import type { EventName } from '#shared/contract.ts'
import type { FrontCall, FrontParsed, FrontResult } from '#shared/desktop.ts'
import type { Problem } from '#shared/errors.ts'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { openHostLink } from '#main/host-link.ts'
import { parseInput } from '#main/security/inputs.ts'
import { isContractMethod } from '#main/security/methods.ts'
import { frontCalls } from '#shared/desktop.ts'
import { FacetError, toProblem } from '#shared/errors.ts'
import { browse } from './browse.ts'
import { forgetWorkspace, isWorkspace, listRecent, rememberWorkspace, settingsPath } from './recent.ts'

/**
 * What stands between pages and a workspace: Electron's main process and `facet serve` each have one. Answers what concerns no
 * workspace, passes the contract on to the holder of the open one, and tells all pages when that is another one.
 */
export interface Front {
  dispatch: (method: string, input: unknown) => Promise<Reply>
  onEvent: (listener: (event: EventName, payload: unknown) => void) => () => void
  onState: (listener: (state: Connection) => void) => () => void
  state: () => Connection
  /** The folder of the open workspace. */
  current: () => string | null
  /** Opens a workspace; where another one was open, pages ask everything anew. */
  open: (folder: string, options?: { create?: boolean }) => Promise<void>
  /** Resolves once what is being opened is open, or could not be. */
  opened: () => Promise<void>
  close: () => void
}

export interface FrontOptions {
  /** The workspace to begin with; where it cannot be opened, the page offers others and says why. */
  first?: string | null
  /** Where recent workspaces are remembered. */
  settings?: string
  host?: HostLinkOptions['host']
}

const noWorkspace = new FacetError('not-found', 'No workspace is open.', { hint: 'Open or create one: it is the folder where Facet keeps data sets, runs and models.' })

/** Time for the answer to the page that opened another workspace, before its connection counts as lost. */
const answerFirstMs = 20

export function createFront({ first, settings = settingsPath(), host }: FrontOptions = {}): Front {
  const eventListeners = new Set<(event: EventName, payload: unknown) => void>()
  const stateListeners = new Set<(state: Connection) => void>()
  let link: HostLink | null = null
  let folder: string | null = null
  /** The last opening, until it has ended either way: what is asked meanwhile waits for it. */
  let opening: Promise<void> = Promise.resolve()
  /** Pages are told to wait while the workspace of the start is opened. */
  let isStarting = first !== undefined && first !== null
  let startProblem: Problem | null = null

  const tell = (state: Connection): void => stateListeners.forEach(listener => listener(state))
  function open(path: string, { create = false }: { create?: boolean } = {}): Promise<void> {
    const done = opening.then(() => replace(resolve(path), create)).finally(() => {
      if (isStarting) {
        isStarting = false
        tell('open')
      }
    })
    opening = done.catch(() => {}) // told to whoever opened it
    return done
  }
  async function replace(wanted: string, create: boolean): Promise<void> {
    if (wanted === folder)
      return
    const next = await openHostLink(wanted, { create: create && !isWorkspace(wanted), host }) // the old one stays where this fails
    link?.close()
    link = next
    folder = wanted
    startProblem = null
    next.onEvent((event, payload) => eventListeners.forEach(listener => listener(event, payload)))
    next.onState(tell)
    try {
      rememberWorkspace(wanted, Date.now(), settings)
    }
    catch (error) {
      console.error(`${wanted} is open, but not remembered for the next start:`, error) // a full disk, say
    }
    // Pages ask everything anew after a loss: to them another workspace is one. Those that wait for the first have nothing to lose.
    if (!isStarting)
      setTimeout(tellAnother, answerFirstMs)
  }
  function tellAnother(): void {
    tell('lost')
    tell('open')
  }
  const answers: { [C in FrontCall]: (input: FrontParsed<C>) => Promise<FrontResult<C>> | FrontResult<C> } = {
    workspaces: () => ({
      current: folder === null ? null : { path: folder, name: basename(folder) },
      recent: listRecent(settings),
      problem: startProblem,
      suggested: join(homedir(), 'facet-workspace'),
    }),
    openWorkspace: async ({ path, create }) => {
      await open(path, { create })
      return { path: resolve(path), name: basename(resolve(path)) }
    },
    forgetWorkspace: ({ path }) => {
      forgetWorkspace(path, settings)
      return null
    },
    browse,
  }
  if (first)
    open(first).catch((error) => { startProblem = toProblem(error) })
  return {
    opened: () => opening,
    dispatch: async (method, input) => {
      const call = frontCallOf(method)
      if (call !== 'openWorkspace')
        await opening
      if (call)
        return reply(() => (answers[call] as (input: unknown) => unknown)(parseInput(frontCalls[call].input, input ?? {}, call)))
      if (!isContractMethod(method))
        return reply(() => { throw new FacetError('usage', `There is no method "${String(method).slice(0, 100)}".`) })
      return link
        ? link.ask(method, input)
        : reply(() => { throw noWorkspace })
    },
    onEvent: listener => subscribe(eventListeners, listener),
    onState: listener => subscribe(stateListeners, listener),
    state: () => link?.state() ?? (isStarting ? 'connecting' : 'open'),
    current: () => folder,
    open,
    close: () => link?.close(),
  }
}

function frontCallOf(method: unknown): FrontCall | null {
  const name = typeof method === 'string' && method.startsWith('front.')
    ? method.slice('front.'.length)
    : ''
  return Object.hasOwn(frontCalls, name)
    ? name as FrontCall
    : null
}

async function reply(work: () => unknown): Promise<Reply> {
  try {
    return { ok: true, value: await work() }
  }
  catch (error) {
    if (!(error instanceof FacetError))
      console.error(error)
    return { ok: false, problem: toProblem(error) }
  }
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
