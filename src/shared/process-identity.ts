import { readFileSync } from 'node:fs'
import process from 'node:process'
import { z } from 'zod'

/** A process beyond doubt: its id may be given to another one, its start time may not. */
export const ProcessIdentity = z.strictObject({
  pid: z.int(),
  started: z.string(),
})
export type ProcessIdentity = z.infer<typeof ProcessIdentity>

/** The kernel's start time of a process (clock ticks since boot, with the boot's id), or null when it is gone or a zombie. */
export function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in parentheses may hold spaces; what follows the last one is regular: state, ppid, ..., start time is field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X')
      return null
    return `${bootId()}-${fields[19]}`
  }
  catch {
    return null
  }
}

/** Whether the very process that had this start time is still there; a recycled process id is another one. */
export function isAlive(pid: number, started: string): boolean {
  return processStart(pid) === started
}

/** Ends a worker with its children (its own process group); quiet when it is gone or has become another process. */
export function killGroup(pid: number, started: string, signal: NodeJS.Signals): void {
  if (!isAlive(pid, started))
    return
  try {
    process.kill(-pid, signal)
  }
  catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH')
      throw error
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().slice(0, 8)
  }
  catch {
    return 'boot'
  }
}
