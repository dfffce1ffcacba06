import { existsSync, readFileSync } from 'node:fs'

/**
 * How many processes the system has ended since it started because memory ran out, in whatever group of processes; null where it
 * does not count them. Two looks tell whether it did so in between.
 */
export function countMemoryKills(file = '/proc/vmstat'): number | null {
  const count = existsSync(file) ? /^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] : undefined
  return count === undefined ? null : Number(count)
}
