import type { Result } from '#shared/contract.ts'
import type { IdleView } from '#shared/views.ts'
import type { RegisterCommand } from '../command.ts'
import type { RecipeOptions } from '../recipe-input.ts'
import { performance } from 'node:perf_hooks'
import { followOn } from '../follow.ts'
import { getTables, wordTables } from '../print-tables.ts'
import { createProgress } from '../progress.ts'
import { readRecipeInput, withRecipeOptions } from '../recipe-input.ts'
import { shortKey, wordDuration, wordMany } from '../words.ts'
import { wordPlan, wordRoom } from './plan.ts'

/** run STUDY.yaml: does what is not cached, then prints the study's tables. */
export const run: RegisterCommand = (program, act) => withRecipeOptions(program
  .command('run <recipe>')
  .description('run a study: what is cached stays, the rest is computed; ends with its tables')
  .option('--ignore-disk', 'start also what the plan expects not to fit on the disk', false))
  .action(act(async ({ terminal, connect }, recipe: string, { ignoreDisk, ...options }: RecipeOptions & { ignoreDisk: boolean }) => {
    const started = performance.now()
    const input = { ...await readRecipeInput(recipe, options), ignoresDisk: ignoreDisk }
    const client = await connect({ create: true })
    const asked = await ask(() => client.call('studies.run', input), client, terminal.isInteractive)
    terminal.note([wordPlan(asked.plan), ...wordRoom(asked.plan)].join('\n'))
    const followed = await followOn(client, { study: asked.study, terminal, total: asked.queued }, () => client.call('studies.run', input))
    if (followed.left)
      return 1
    const { open } = followed.idle
    const tables = await getTables(client, asked.study, asked.tables)
    const { path: report } = await client.call('tables.report', { study: asked.study })
    const seconds = (performance.now() - started) / 1000
    terminal.result({
      study: asked.study,
      cached: asked.cached,
      computed: asked.queued - open.length,
      open,
      seconds,
      report,
      tables,
    }, () => [
      wordTables(tables, terminal),
      '',
      asked.queued === 0
        ? `Everything was cached: ${wordMany(asked.cached, 'run')}, nothing to compute (${wordDuration(seconds)}).`
        : `${wordMany(asked.queued - open.length, 'run')} computed, ${asked.cached} cached, in ${wordDuration(seconds)}.`,
      `Report: ${report}`,
    ].join('\n'))
    if (open.length === 0)
      return 0
    terminal.note(wordOpen(followed.idle))
    return 1
  }))

/** Asks for the study; while data sets are read, shows how far. */
async function ask(call: () => Promise<Result<'studies.run'>>, client: { on: (event: 'datasets.progress', listener: (payload: { name: string, done: number, total: number }) => void) => () => void }, isInteractive: boolean): Promise<Result<'studies.run'>> {
  const progress = createProgress({ isInteractive })
  const ear = client.on('datasets.progress', ({ name, done, total }) => progress.show([
    {
      label: `reading ${name}`,
      done,
      total,
      unit: 'files',
      etaSeconds: null,
    },
  ]))
  try {
    return await call()
  }
  finally {
    ear()
    progress.end()
  }
}

/** What is not done, and what to do about it. */
export function wordOpen({ open }: IdleView): string {
  const own = open.filter(one => one.state !== 'queued')
  return [
    `${wordMany(open.length, 'run')} not done: ${own.map(({ label, state, key }) => `${label} (${state}, ${shortKey(key)})`).join('; ')}${open.length > own.length
      ? `; ${open.length - own.length} wait for them`
      : ''}.`,
    'facet show KEY says why, facet logs KEY shows the log, facet resume --all goes on.',
  ].join('\n')
}
