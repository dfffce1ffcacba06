import type { RegisterCommand } from '../command.ts'
import { FacetError } from '#shared/errors.ts'
import { createProgress } from '../progress.ts'

/** doctor: looks at everything Facet needs, without opening the workspace for writing; with --fix mends engine and workspace. */
export const doctor: RegisterCommand = (program, act) => program
  .command('doctor')
  .description('what works here: versions, engine, GPU, disks, and whether the workspace is whole; --fix mends engine and workspace')
  .option('--fix', 'install the engine where it does not run, repair the workspace; nothing of it is deleted', false)
  .option('--engine-from <file>', 'with --fix: take the engine from this wheel, or folder of wheels')
  .option('--quick', 'look at names and sizes of artefacts, do not read them', false)
  .action(act(async ({ terminal, workspace, connect }, { fix, engineFrom, quick }: { fix: boolean, engineFrom?: string, quick: boolean }) => {
    if (engineFrom && !fix)
      throw new FacetError('usage', '--engine-from needs --fix.', { hint: `facet doctor --fix --engine-from ${engineFrom}` })
    const { renderDoctor, runDoctor } = await import('#main/doctor/index.ts')
    const { repairWorkspace } = await import('#main/doctor/repair-workspace.ts')
    const progress = createProgress(terminal)
    const onProgress = (done: number, total: number): void => progress.show([{ label: 'reading artefacts', done, total, unit: 'artefacts', etaSeconds: null }])
    try {
      const report = await runDoctor({ workspace, fix, engineFrom, look: { isThorough: !quick, onProgress: terminal.isInteractive ? onProgress : undefined }, repairWorkspace: () => repairWorkspace(workspace, connect) })
      progress.end()
      terminal.result(report, () => renderDoctor(report))
      return report.isHealthy && report.repair !== 'failed'
        ? 0
        : 1
    }
    finally {
      progress.end()
    }
  }))
