import type { DoctorCheck } from './check.ts'
import type { WorkspaceLook } from './workspace.ts'
import { checkDesktop } from './desktop.ts'
import { checkEngine } from './engine.ts'
import { checkDisk, checkMachine } from './machine.ts'
import { readSetupState, repairSetup } from './setup-state.ts'
import { checkVersions } from './versions.ts'
import { checkWorkspace } from './workspace.ts'

export type { DoctorCheck, Verdict } from './check.ts'
export { renderDoctor } from './render.ts'

/** What `facet doctor` found. `repair` says whether set-up was run, and how it ended. */
export interface DoctorReport {
  checks: DoctorCheck[]
  /** No check says `problem`. */
  isHealthy: boolean
  repair: 'none' | 'done' | 'failed'
  /** What was repaired in the workspace, a sentence each. */
  repaired: string[]
}

/**
 * Looks at everything Facet needs: versions, engine, GPU, machine, disks, browser, Electron, workspace. Changes nothing
 * unless asked to; a failing check is a line of the report, never an error.
 *
 * @param options
 * @param options.workspace  folder whose disk and integrity are looked at
 * @param options.fix  runs set-up when the engine has a problem, then looks again; its progress goes to stderr
 * @param options.look  how closely the workspace's files are looked at
 * @param options.repairWorkspace  with `fix`: repairs the workspace before it is looked at, and says what it did
 * @param options.engineFrom  with `fix`: a wheel from disk to install the engine from, whether it has a problem or not
 */
export async function runDoctor({ workspace, fix, engineFrom, look, repairWorkspace }: { workspace?: string, fix: boolean, engineFrom?: string, look?: WorkspaceLook, repairWorkspace?: () => Promise<string[]> }): Promise<DoctorReport> {
  let setup = await readSetupState()
  let engine = await checkEngine(setup)
  let repair: DoctorReport['repair'] = 'none'
  if (fix && (engineFrom || engine.some(({ verdict }) => verdict === 'problem'))) {
    // An engine that set-up takes for whole and that does not run is only mended by a new one.
    const isDone = await repairSetup({ force: setup.isEngineReady, engineFrom })
    repair = isDone
      ? 'done'
      : 'failed'
    setup = await readSetupState()
    engine = await checkEngine(setup)
  }
  const repaired = fix && repairWorkspace ? await repairWorkspace() : []
  const checks = [
    ...await checkVersions(),
    ...engine,
    ...checkMachine(),
    checkDisk('cache-disk', 'Disk of the cache', setup.cache),
    ...workspace
      ? [
          checkDisk('workspace-disk', 'Disk of the workspace', workspace),
          ...await checkWorkspace(workspace, look),
        ]
      : [],
    ...checkDesktop(),
  ]
  return {
    checks,
    isHealthy: checks.every(({ verdict }) => verdict !== 'problem'),
    repair,
    repaired,
  }
}
