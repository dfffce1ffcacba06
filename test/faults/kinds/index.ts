import type { Fault } from '../strike.ts'
import { whileExporting, whileMigrating } from './apart.ts'
import { damagedArtefact, damagedCheckpoint, damagedDatabase, damagedEvents } from './damage.ts'
import { diskBrokenForHost, diskBrokenForWorkers, diskFullForHost, diskFullForWorkers, smallFileSystem } from './disk.ts'
import { bothAtOnce, hostAtAnyTime, hostAtAnyWrite, whileSaving, whileSealing, whileTelling, workerAtAnyTime, workerAtAnyWrite } from './kills.ts'
import { changedData, hangingWorker, noMemory } from './rest.ts'

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
  whileMigrating,
  whileExporting,
  diskFullForWorkers,
  diskBrokenForWorkers,
  diskFullForHost,
  diskBrokenForHost,
  smallFileSystem,
  damagedCheckpoint,
  damagedEvents,
  damagedArtefact,
  damagedDatabase,
  changedData,
  hangingWorker,
  noMemory,
]
