import { createHash } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { isAlive, processStart } from '#shared/process-identity.ts'

/** Who holds a workspace: enough to tell a living holder from a recycled process id. */
export const Holder = z.strictObject({
  pid: z.int(),
  started: z.string().describe('The kernel\'s start time of that process'),
  host: z.string(),
  socket: z.string().describe('Where it listens'),
  since: z.string().describe('UTC'),
  title: z.string().describe('What it was started as'),
})
export type Holder = z.infer<typeof Holder>

/** A lock held; `release` is idempotent. */
export interface Lock { holder: Holder, release: () => void }

/** Longest path of a unix socket on Linux and macOS, with its end mark. */
const socketLimitBytes = 100

/** The socket's path: inside the workspace where it fits, else a short one in a private folder of the temporary folder. */
export function socketPath(preferred: string): string {
  if (Buffer.byteLength(preferred) <= socketLimitBytes)
    return preferred
  const name = createHash('sha256').update(preferred).digest('hex').slice(0, 16)
  return join(tmpdir(), `facet-${process.getuid?.() ?? 'user'}-${name}`, 'facet.sock')
}

/** Who holds the workspace now, or null; a lock left behind by a process that is gone counts as none. */
export function readHolder(lockPath: string): Holder | null {
  const holder = parseHolder(lockPath)
  return holder && isHeld(holder)
    ? holder
    : null
}

/**
 * Takes the workspace for this process. The file appears whole (temporary name, then link), so no reader sees half of it.
 *
 * @throws FacetError 'conflict' when a living process holds it, naming that process.
 */
export function acquireLock(lockPath: string, { socket, title }: { socket: string, title: string }): Lock {
  const holder: Holder = {
    pid: process.pid,
    started: processStart(process.pid) ?? 'unknown',
    host: hostname(),
    socket,
    since: new Date().toISOString(),
    title,
  }
  const mine = `${lockPath}.${process.pid}`
  mkdirSync(dirname(lockPath), { recursive: true })
  writeFileSync(mine, JSON.stringify(holder), { mode: 0o600 })
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      if (tryLink(mine, lockPath)) {
        return {
          holder,
          release: () => release(lockPath, holder),
        }
      }
      const other = parseHolder(lockPath)
      if (other && isHeld(other))
        throw held(lockPath, other)
      removeStale(lockPath, other)
    }
  }
  finally {
    rmSync(mine, { force: true })
  }
  throw new FacetError('conflict', 'Several processes try to take the workspace at once.', { where: lockPath, hint: 'Try again.' })
}

/** The sentence for somebody who may not write. */
export function held(lockPath: string, { pid, host, since, title }: Holder): FacetError {
  return new FacetError('conflict', `The workspace is held by ${title} (process ${pid} on ${host}, since ${since}).`, {
    where: dirname(lockPath),
    hint: host === hostname()
      ? 'Use that one, or end it first; reading is possible meanwhile.'
      : `Use that one, or end it first; reading is possible meanwhile. Only when nothing of Facet runs on ${host} any more, remove ${lockPath}.`,
  })
}

function isHeld({ pid, started, host }: Holder): boolean {
  // A process of another machine cannot be looked at: it holds until its lock file is removed by hand.
  return host !== hostname() || isAlive(pid, started)
}

function parseHolder(path: string): Holder | null {
  try {
    return Holder.parse(JSON.parse(readFileSync(path, 'utf8')))
  }
  catch {
    return null
  }
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  }
  catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      return false
    throw error
  }
}

/** Moves a dead holder's lock away; when a faster process has taken it in between, its lock is put back. */
function removeStale(lockPath: string, stale: Holder | null): void {
  const aside = join(dirname(lockPath), `.${basename(lockPath)}.stale-${process.pid}`)
  try {
    renameSync(lockPath, aside)
  }
  catch {
    return // somebody else moved it
  }
  const moved = parseHolder(aside)
  if (moved && JSON.stringify(moved) !== JSON.stringify(stale))
    tryLink(aside, lockPath)
  rmSync(aside, { force: true })
}

function release(lockPath: string, holder: Holder): void {
  const current = parseHolder(lockPath)
  if (current?.pid === holder.pid && current.started === holder.started)
    rmSync(lockPath, { force: true })
}
