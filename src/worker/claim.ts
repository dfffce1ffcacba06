import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { FacetError } from '#shared/errors.ts'
import { writeDurably } from '#shared/files/durable.ts'
import { isAlive, ProcessIdentity, processStart } from '#shared/process-identity.ts'

/**
 * Says in runs/<key>/worker.json who works on the run, so that any later host finds this process again.
 *
 * @throws FacetError 'conflict' when another living process works on it: two would write the same files
 */
export function claimRun(runDir: string): void {
  const path = join(runDir, 'worker.json')
  if (existsSync(path)) {
    const other = ProcessIdentity.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data
    if (other && isAlive(other.pid, other.started))
      throw new FacetError('conflict', `Process ${other.pid} works on this run already.`, { where: runDir })
  }
  writeDurably(path, JSON.stringify({ pid: process.pid, started: processStart(process.pid) ?? 'unknown' } satisfies ProcessIdentity))
}
