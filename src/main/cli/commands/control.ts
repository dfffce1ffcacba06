import type { Client, Result } from '#shared/contract.ts'
import type { RunState } from '#shared/order.ts'
import type { IdleView, RunView } from '#shared/views.ts'
import type { RegisterCommand } from '../command.ts'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { FacetError, wordProblem } from '#shared/errors.ts'
import { activeStates } from '#shared/run-states.ts'
import { followOn } from '../follow.ts'
import { parseRunKey } from '../run-key.ts'
import { shortKey, wordMany } from '../words.ts'
import { wordOpen } from './run.ts'

const pollMs = 200
/** A step of the largest networks takes a few seconds; the host says after a minute what takes longer, and it is not waited for. */
const patienceMs = 65_000

/** States from which a run does not go on by itself when its host has ended. */
const restingStates: readonly RunState[] = ['queued', 'interrupted']

/** pause KEY: the run leaves a checkpoint and ends; resume goes on bit for bit. */
export const pause: RegisterCommand = (program, act) => program
  .command('pause')
  .argument('<key>', 'its key, or the first 6 digits of it', parseRunKey)
  .description('let a run write a checkpoint and leave')
  .action(act(async ({ terminal, connect }, key: string) => {
    const client = await connect()
    const run = await settled(client, await client.call('runs.pause', { key }))
    terminal.result(run, () => wordSettled(run))
  }))

/** stop KEY: the run ends and is not taken up again by itself. */
export const stop: RegisterCommand = (program, act) => program
  .command('stop')
  .argument('<key>', 'its key, or the first 6 digits of it', parseRunKey)
  .description('end a run, or take it off the queue')
  .action(act(async ({ terminal, connect }, key: string) => {
    const client = await connect()
    const run = await settled(client, await client.call('runs.stop', { key }))
    terminal.result(run, () => wordSettled(run))
  }))

/** resume [KEY|--all]: queues runs again and stays until they are done. */
export const resume: RegisterCommand = (program, act) => program
  .command('resume')
  .argument('[key]', 'its key, or the first 6 digits of it', parseRunKey)
  .description('go on with a paused, interrupted, failed or stopped run')
  .option('--all', 'every run of a study that is paused, interrupted or failed, and what is queued', false)
  .action(act(async ({ terminal, connect }, key: string | undefined, { all }: { all: boolean }) => {
    if ((key === undefined) === !all) {
      throw new FacetError('usage', key === undefined
        ? 'Nothing is named to resume.'
        : 'Both a key and --all are given.', { hint: 'facet resume KEY, or facet resume --all.' })
    }
    const client = await connect()
    const resumeRuns = (): Promise<Result<'runs.resume'>> => client.call('runs.resume', key === undefined
      ? { all: true }
      : { key })
    const { resumed, leftOut } = await resumeRuns()
    terminal.note(`${wordMany(resumed.length, 'run')} resumed.`)
    for (const one of leftOut)
      terminal.note(`Left out: ${one.label} (${shortKey(one.key)}), ${one.why}.`)
    const followed = await followOn(client, { terminal }, async () => {
      if (key === undefined || restingStates.includes((await client.call('runs.get', { key })).state))
        await resumeRuns()
    })
    if (followed.left)
      return 1
    const { idle } = followed
    terminal.result({
      resumed: resumed.map(run => run.key),
      leftOut,
      ...idle,
    }, () => idle.open.length === 0
      ? 'Everything is done.'
      : isLeftOnPurpose(idle)
        ? wordStopped(idle)
        : wordOpen(idle))
    return isLeftOnPurpose(idle)
      ? 0
      : 1
  }))

/** Whether nothing is left, or only what somebody stopped and what waits for that: it was not to be done, so nothing has failed. */
export function isLeftOnPurpose({ open }: IdleView): boolean {
  return open.length === 0 || (open.some(({ state }) => state === 'cancelled') && open.every(({ state }) => state === 'cancelled' || state === 'queued'))
}

function wordStopped({ open }: IdleView): string {
  const stopped = open.filter(({ state }) => state === 'cancelled')
  const waiting = open.length - stopped.length
  return `Everything is done but what was stopped: ${stopped.map(({ label, key }) => `${label} (${shortKey(key)})`).join('; ')}${waiting > 0 ? `; ${wordMany(waiting, 'run')} waiting for that` : ''}. facet resume KEY takes it up again.`
}

/** Waits until a run that was asked to leave has left. */
async function settled(client: Client, run: RunView): Promise<RunView> {
  const deadline = performance.now() + patienceMs
  while (activeStates.includes(run.state) && performance.now() < deadline) {
    await sleep(pollMs)
    run = await client.call('runs.get', { key: run.key })
  }
  return run
}

function wordSettled(run: RunView): string {
  if (!activeStates.includes(run.state))
    return `${run.label} is ${run.state}.`
  return run.reason
    ? `${run.label} is still ${run.state}. ${wordProblem(run.reason)}`
    : `${run.label} is ${run.state}; it leaves at the end of its step.`
}
