import type { Client } from '#shared/contract.ts'
import type { IdleView, RunView } from '#shared/views.ts'
import type { Terminal } from './terminal.ts'
import process from 'node:process'
import { HolderGone } from '#main/holder-gone.ts'
import { wordProblem } from '#shared/errors.ts'
import { createProgress } from './progress.ts'
import { shortKey, wordDuration } from './words.ts'

/** How waiting for runs ended: nothing is left to do by itself, or the person left with Ctrl+C. */
export type Followed = { left: false, idle: IdleView } | { left: true }

/**
 * Shows the runs at work until nothing of a study (of one run, or of everything) can go on by itself. Ctrl+C asks the runs to pause where
 * this process holds the workspace, and only stops watching where another one does; a second Ctrl+C leaves at once.
 */
export async function followRuns(client: Client, { study, key, terminal, total }: { study?: string, key?: string, terminal: Terminal, /** Runs that are to be done, for "3 of 40". */ total?: number }): Promise<Followed> {
  const progress = createProgress(terminal)
  const known = new Map<string, RunView>()
  let finished = 0
  const show = (): void => progress.show([
    ...known.values(),
  ].filter(run => run.state === 'running' || run.state === 'pausing').map(run => ({
    label: run.label,
    done: run.progress?.done ?? 0,
    total: run.progress?.total ?? null,
    unit: run.progress?.unit ?? '',
    etaSeconds: run.progress?.etaSeconds ?? null,
  })))
  for (const run of await client.call('runs.list', { study })) {
    if (key === undefined || run.key === key)
      known.set(run.key, run)
  }
  const ears = [
    client.on('run.changed', (run) => {
      const before = known.get(run.key)
      if ((study !== undefined || key !== undefined) && !before)
        return
      known.set(run.key, run)
      if (before?.state !== run.state || before.reason?.message !== run.reason?.message) {
        if (run.state === 'done')
          finished++
        const said = wordEnd(run, total === undefined
          ? null
          : `${finished} of ${total}`)
        if (said)
          progress.say(said)
      }
      show()
    }),
    client.on('run.progress', ({ key, progress: state }) => {
      const run = known.get(key)
      if (run) {
        known.set(key, { ...run, progress: state })
        show()
      }
    }),
  ]
  const interrupt = watchInterrupt()
  try {
    show()
    const ended = await Promise.race([
      client.call('runs.idle', { study, key }),
      interrupt.pressed,
    ])
    if (ended !== 'interrupted')
      return { left: false, idle: ended }
    progress.end()
    await leave(client, terminal)
    return { left: true }
  }
  finally {
    interrupt.stop()
    for (const ear of ears)
      ear()
    progress.end()
  }
}

/** As followRuns; where the process that held the workspace ends meanwhile, asks `again` and goes on, here or through the next one. */
export async function followOn(client: Client, options: Parameters<typeof followRuns>[1], again: () => Promise<unknown>): Promise<Followed> {
  for (;;) {
    try {
      return await followRuns(client, options)
    }
    catch (error) {
      if (!(error instanceof HolderGone))
        throw error
      options.terminal.note(error.isHung ? error.message : 'The process that held the workspace has ended; this one goes on.')
      await again()
    }
  }
}

/** A line about a run that came to an end; null while it goes on. */
function wordEnd(run: RunView, place: string | null): string | null {
  const head = place
    ? `[${place}] `
    : ''
  switch (run.state) {
    case 'done': return `${head}${run.label}: done${run.durationMs === null
      ? ''
      : ` in ${wordDuration(run.durationMs / 1000)}`}`
    case 'paused': return `${run.label}: paused`
    case 'cancelled': return `${run.label}: stopped`
    case 'failed':
    case 'interrupted': return `${run.label}: ${run.state}${run.reason
      ? `\n  ${wordProblem(run.reason).replaceAll('\n', '\n  ')}`
      : ''}`
    case 'pausing': return run.reason
      ? `${run.label}: ${wordProblem(run.reason).replaceAll('\n', '\n  ')}`
      : null
    case 'queued':
    case 'running': return null
    default: return run.state satisfies never
  }
}

/** Pauses what this process started; runs of another holder go on untouched. */
async function leave(client: Client, terminal: Terminal): Promise<void> {
  const { holder } = await client.call('workspace.info')
  if (holder?.pid !== process.pid) {
    terminal.note('Stopped watching; the runs go on.')
    return
  }
  for (const { key, label } of await client.call('runs.pauseAll'))
    terminal.note(`${label} pauses at the end of its step (${shortKey(key)}).`)
  terminal.note('facet resume --all goes on where this was left.')
}

/** Resolves at the first Ctrl+C; the second one ends the process. */
function watchInterrupt(): { pressed: Promise<'interrupted'>, stop: () => void } {
  let resolve: (value: 'interrupted') => void = () => {}
  const pressed = new Promise<'interrupted'>((done) => { resolve = done })
  let count = 0
  const listener = (): void => {
    if (++count > 1)
      process.exit(1)
    resolve('interrupted')
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return {
    pressed,
    stop: () => {
      process.off('SIGINT', listener)
      process.off('SIGTERM', listener)
    },
  }
}
