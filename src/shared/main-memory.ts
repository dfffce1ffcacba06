import { totalmem } from 'node:os'
import process from 'node:process'

/** Main memory that this process may use, in bytes: the machine's, or what its container leaves of it. */
export function mainMemoryBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem()
}
