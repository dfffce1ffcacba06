import type { SeededRandom } from '#shared/seeded-random.ts'
import type { Aim, FaultPlan, Kind } from './plan.ts'
import type { Left } from './workspace.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive } from '#shared/process-identity.ts'
import { enqueue, hold, readRuns } from './workspace.ts'

/** Where faults strike: one workspace in the chain's own folder, and what an undisturbed study left. */
export interface Scene {
  /** The chain's folder: the plan's faults reach no further. */
  folder: string
  root: string
  /** A workspace with its data set, where nothing was run yet; read only. */
  base: string
  /** A finished, undisturbed workspace; read only. */
  finished: string
  plan: FaultPlan
  reference: Left
  /** Runs of the round whose artefact was there once: it must stay. */
  sealed: Set<string>
  /** Same seed, same moments as far as they are counted in operations. */
  random: SeededRandom
}

/** One way to do harm. */
export interface Fault {
  name: string
  /** Of so many moments in a campaign of 200 kills. */
  share: number
  /** Whether it ends a process, and so counts as a moment of a kill. */
  isKill: boolean
  /** It works on a copy of its own, so the round's study needs no end for it. */
  isApart?: boolean
  /** Does it. @returns where it struck; null where the study was over before. @throws where something is lost */
  strike: (scene: Scene) => Promise<string | null>
}

export const worker: Aim = { process: 'faults/worker.ts' }
const host: Aim = { process: 'faults/host.ts' }

/** Runs the study on in this process, while `meanwhile` does its harm; tells how the runs ended that are not done. */
export async function session(scene: Scene, meanwhile: (isOver: () => boolean) => Promise<string | null> = async () => null, options: Parameters<typeof hold>[1] = {}): Promise<{ told: string | null, open: { label: string, state: string, message: string }[] }> {
  const connection = await hold(scene.root, options)
  let isOver = false
  try {
    const study = await enqueue(connection)
    const idle = connection.client.call('runs.idle', { study }).finally(() => { isOver = true })
    idle.catch(() => {}) // awaited below, where `meanwhile` has not failed
    const told = await meanwhile(() => isOver)
    const { open } = await idle
    return { told, open: open.map(({ label, state, reason }) => ({ label, state, message: reason?.message ?? '' })) }
  }
  finally {
    await connection.close()
  }
}

/** A worker that is at work now, if there is one. */
export async function someWorker({ root, random }: Scene, isOver: () => boolean): Promise<{ label: string, pid: number, key: string } | null> {
  while (!isOver()) {
    const alive = readRuns(root).filter(({ state, pid, pid_started: started }) => state === 'running' && pid !== null && isAlive(pid, started!))
    if (alive.length > 0) {
      const { label, pid, key } = alive[random.integer(alive.length)]!
      return { label, pid: pid!, key }
    }
    await sleep(5)
  }
  return null
}

/** Arms the plan for workers and runs the study on. @returns the run that was struck; `isAdopted`: an earlier host had started its worker, so nobody can tell the signal */
export async function strikeWorker(scene: Scene, kind: Kind, at: number, match = ''): Promise<{ where: string | null, state: string, message: string, isAdopted: boolean }> {
  const { plan } = scene
  const adopted = readRuns(scene.root).filter(({ pid, pid_started: started }) => pid !== null && isAlive(pid, started!)).map(({ label }) => label)
  plan.arm({ ...worker, match }, kind, at)
  try {
    const { open } = await session(scene)
    if (!plan.hasStruck)
      return { where: null, state: '', message: '', isAdopted: false }
    const struck = open.find(({ state }) => state !== 'queued')
    return { where: `${struck?.label ?? 'a run that was done all the same'}, operation ${at}${match && ` on ${match}`}`, state: struck?.state ?? 'done', message: struck?.message ?? '', isAdopted: struck !== undefined && adopted.includes(struck.label) }
  }
  finally {
    plan.disarm()
  }
}

/** A host in a process of its own, on which `meanwhile` does its harm. @returns its exit code, null where it was killed, and what it said */
export async function hostProcess(scene: Scene, { arm, meanwhile = async () => {}, limitMs = 120_000 }: { arm?: { aim?: Aim, kind: Kind, at: number }, meanwhile?: (pid: number) => Promise<void>, limitMs?: number }): Promise<{ code: number | null, output: string }> {
  const { plan, root } = scene
  if (arm)
    plan.arm(arm.aim ?? host, arm.kind, arm.at)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'host.ts'), root], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...plan.env } })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', text => output += String(text))
  const ended = once(child, 'exit')
  const late = setTimeout(() => {
    output += `It was still there after ${limitMs / 1000} s.`
    child.kill('SIGKILL')
  }, limitMs)
  await Promise.race([ended, meanwhile(child.pid!)])
  const [code] = await ended as [number | null]
  clearTimeout(late)
  return { code, output }
}

/** Waits until no worker of the workspace is left. */
export async function untilWorkersAreGone(root: string): Promise<void> {
  while (readRuns(root).some(({ pid, pid_started: started }) => pid !== null && isAlive(pid, started!)))
    await sleep(50)
}

export function fail(text: string): never {
  throw new Error(text)
}
