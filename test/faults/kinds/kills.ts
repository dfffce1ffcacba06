import type { Kind } from '../plan.ts'
import type { Fault, Scene } from '../strike.ts'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fail, hostProcess, session, someWorker, strikeWorker } from '../strike.ts'
import { readRuns } from '../workspace.ts'

const sudden: Kind[] = ['kill before', 'kill after', 'torn']

/** A kill at some operation of the workers on paths that hold `match`; its run must know how it ended. */
function atOperation(name: string, share: number, operations: number, match = ''): Fault {
  return {
    name,
    share,
    isKill: true,
    strike: async (scene) => {
      const kind = sudden[scene.random.integer(sudden.length)]!
      const { where, state, message, isAdopted } = await strikeWorker(scene, kind, scene.random.integer(operations), match)
      const reason = isAdopted ? 'its host was not there to see why' : 'SIGKILL'
      if (where && state !== 'done' && !(state === 'interrupted' && message.includes(reason)))
        fail(`${where} is ${state}: ${message}`)
      return where && `${where}, ${kind}`
    },
  }
}

export const workerAtAnyTime: Fault = {
  name: 'worker killed at any time',
  share: 60,
  isKill: true,
  strike: async (scene) => {
    const { told } = await session(scene, async (isOver) => {
      await sleep(scene.random.next() * 1500)
      const victim = await someWorker(scene, isOver)
      if (!victim)
        return null
      kill(victim.pid)
      return victim.label
    })
    return told
  },
}

export const workerAtAnyWrite: Fault = atOperation('worker killed at any write', 50, 160)
export const whileSealing: Fault = atOperation('worker killed while its artefact is written and sealed', 25, 24, 'artefacts/')
export const whileSaving: Fault = atOperation('worker killed while a checkpoint is written', 25, 160, 'checkpoint-')
export const whileTelling: Fault = atOperation('worker killed while it writes events', 10, 80, 'events.ndjson')

export const hostAtAnyTime: Fault = atAnyTime('host killed at any time', 15, (_scene, host) => kill(host))
export const bothAtOnce: Fault = atAnyTime('host and workers killed at once, as by a power cut', 15, ({ root }, host) => {
  const workers = readRuns(root).filter(({ state, pid }) => state === 'running' && pid !== null)
  kill(host)
  for (const { pid } of workers)
    kill(pid!)
})

export const hostAtAnyWrite: Fault = {
  name: 'host killed at any write',
  share: 25,
  isKill: true,
  strike: async (scene) => {
    const kind = sudden[scene.random.integer(sudden.length)]!
    const at = scene.random.integer(300)
    const { code, output } = await hostProcess(scene, { arm: { kind, at } })
    scene.plan.disarm()
    return told(scene, code, output, `operation ${at}, ${kind}`)
  },
}

/** Harm to a host some time after its start. */
function atAnyTime(name: string, share: number, harm: (scene: Scene, host: number) => void): Fault {
  return {
    name,
    share,
    isKill: true,
    strike: async (scene) => {
      const delay = 300 + scene.random.next() * 2500
      const { code, output } = await hostProcess(scene, { meanwhile: async (pid) => {
        await sleep(delay)
        harm(scene, pid)
      } })
      return told(scene, code, output, `after ${Math.round(delay)} ms`)
    },
  }
}

/** Null where the host came to its end before. */
function told(scene: Scene, code: number | null, output: string, moment: string): string | null {
  if (code === 0)
    return null
  if (code !== null)
    fail(`the host ended with code ${code}: ${output}`)
  const atWork = readRuns(scene.root).filter(({ state }) => state === 'running').map(({ label }) => label)
  return `${moment}, at work: ${atWork.join(', ') || 'nothing'}`
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  }
  catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH')
      throw error
  }
}
