import type { Fault, Scene } from './strike.ts'
import type { Left } from './workspace.ts'
import { cpSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { isAlive, killGroup } from '#shared/process-identity.ts'
import { seededRandom } from '#shared/seeded-random.ts'
import { faults } from './kinds/index.ts'
import { FaultPlan } from './plan.ts'
import { differences, inspect, readRuns, runStudy } from './workspace.ts'

/** What one moment came to. `problems` names what was lost; a round's last moments share what its end brings to light. */
export interface Moment { fault: string, where: string | null, seconds: number, problems: string[] }

/** What a chain is told: faults by name, in their order. */
export interface ChainOrder { folder: string, base: string, finished: string, shim: string, seed: number, faults: string[], untilMs: number }

/** Rounds of faults on one study after the other, each to the end of the study; tells each round's moments as one line of JSON. */
async function runChain(order: ChainOrder): Promise<void> {
  const { folder, base, finished, shim, seed, untilMs } = order
  mkdirSync(folder, { recursive: true })
  const root = join(folder, 'workspace')
  const plan = new FaultPlan(join(folder, 'plan'), shim, folder)
  Object.assign(process.env, plan.env) // for the children alone: this process has started without
  const reference = JSON.parse(readFileSync(join(finished, 'left.json'), 'utf8')) as Left
  const scene: Scene = { folder, root, base, finished, plan, reference, sealed: new Set(), random: seededRandom(seed) }
  const waiting = order.faults.map(name => faults.find(fault => fault.name === name)!)
  while (waiting.length > 0 && Date.now() < untilMs) {
    rmSync(root, { recursive: true, force: true })
    cpSync(base, root, { recursive: true })
    const moments = await playRound(scene, waiting, untilMs)
    process.stdout.write(`${JSON.stringify(moments)}\n`)
    for (const { pid, pid_started: started } of readRuns(root)) {
      if (pid !== null && isAlive(pid, started!))
        killGroup(pid, started!, 'SIGKILL')
    }
  }
  plan.close()
}

/** Faults until the study is done or something is lost, then what is left of the study, undisturbed. */
async function playRound(scene: Scene, waiting: Fault[], untilMs: number): Promise<Moment[]> {
  const moments: Moment[] = []
  scene.sealed.clear()
  const isDone = (): boolean => Object.keys(scene.reference).every(key => readRuns(scene.root).find(run => run.key === key)?.state === 'done')
  while (waiting.length > 0 && Date.now() < untilMs) {
    const fault = waiting.shift()!
    const started = performance.now()
    const moment: Moment = { fault: fault.name, where: null, seconds: 0, problems: [] }
    try {
      moment.where = await fault.strike(scene)
      moment.problems = await inspect(scene.root, scene.reference, scene.sealed)
    }
    catch (error) {
      moment.problems = [error instanceof Error ? error.stack ?? error.message : String(error)]
    }
    scene.plan.disarm()
    moment.seconds = (performance.now() - started) / 1000
    if (moment.where === null && moment.problems.length === 0)
      waiting.push(fault) // the study was over before: it strikes in the next round
    else
      moments.push(moment)
    if (moment.problems.length > 0)
      return moments
    if (!fault.isApart && isDone())
      break
  }
  if (moments.every(({ fault }) => faults.find(({ name }) => name === fault)!.isApart))
    return moments
  const problems = await finish(scene)
  for (const moment of moments)
    moment.problems.push(...problems)
  return moments
}

async function finish({ root, reference }: Scene): Promise<string[]> {
  try {
    const open = await runStudy(root)
    return [...open, ...differences(root, reference)]
  }
  catch (error) {
    return [error instanceof Error ? error.stack ?? error.message : String(error)]
  }
}

await runChain(JSON.parse(process.argv[2]!) as ChainOrder)
