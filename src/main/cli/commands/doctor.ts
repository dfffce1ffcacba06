import type { RegisterCommand } from '../command.ts'
import { FacetError } from '#shared/errors.ts'

/** doctor: looks at everything Facet needs, without opening the workspace for writing; with --fix mends the engine. */
export const doctor: RegisterCommand = (program, act) => program
  .command('doctor')
  .description('what works here: versions, engine, GPU, disks, workspace; --fix mends the engine')
  .option('--fix', 'install the engine where it is missing or does not run', false)
  .option('--engine-from <file>', 'with --fix: take the engine from this wheel, or folder of wheels')
  .action(act(async ({ terminal, workspace }, { fix, engineFrom }: { fix: boolean, engineFrom?: string }) => {
    if (engineFrom && !fix)
      throw new FacetError('usage', '--engine-from needs --fix.', { hint: `facet doctor --fix --engine-from ${engineFrom}` })
    const { renderDoctor, runDoctor } = await import('#main/doctor/index.ts')
    const report = await runDoctor({ workspace, fix, engineFrom })
    terminal.result(report, () => renderDoctor(report))
    return report.isHealthy && report.repair !== 'failed'
      ? 0
      : 1
  }))
