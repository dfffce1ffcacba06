import type { Fault } from '../strike.ts'
import { bothAtOnce, hostAtAnyTime, hostAtAnyWrite, whileSaving, whileSealing, whileTelling, workerAtAnyTime, workerAtAnyWrite } from './kills.ts'

/** All faults, in the order of the table. */
export const faults: Fault[] = [
  workerAtAnyTime,
  workerAtAnyWrite,
  whileSealing,
  whileSaving,
  whileTelling,
  hostAtAnyTime,
  hostAtAnyWrite,
  bothAtOnce,
]
