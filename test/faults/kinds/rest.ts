import type { Fault, Scene } from '../strike.ts'
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fail, session, someWorker } from '../strike.ts'
import { differences, runStudy, walk } from '../workspace.ts'

/** One photograph becomes another, goes, or all go, at some moment of a study that has just begun; then everything is put back. */
export const changedData: Fault = {
  name: 'data set changes, shrinks or disappears in the middle',
  share: 8,
  isKill: false,
  isApart: true,
  strike: async (scene) => {
    const root = join(scene.folder, 'fresh')
    rmSync(root, { recursive: true, force: true })
    cpSync(scene.base, root, { recursive: true })
    const data = join(root, 'data', 'drawn')
    const away = join(scene.folder, 'away')
    rmSync(away, { recursive: true, force: true })
    cpSync(data, away, { recursive: true })
    const delay = scene.random.next() * 3500
    const how = (['changes', 'shrinks', 'disappears'] as const)[scene.random.integer(3)]!
    const { open } = await session({ ...scene, root }, async () => {
      await sleep(delay)
      spoil(data, how, scene)
      return null
    })
    for (const { label, state, message } of open) {
      if (state === 'failed' && !/photograph|data set/i.test(message))
        fail(`${label} failed and does not name the data set: ${message}`)
    }
    rmSync(data, { recursive: true, force: true })
    cpSync(away, data, { recursive: true })
    const left = [...await runStudy(root), ...differences(root, scene.reference)]
    if (left.length > 0)
      fail(left.join('\n'))
    rmSync(root, { recursive: true })
    return `${how} after ${Math.round(delay)} ms: ${open.find(({ state }) => state === 'failed')?.message ?? 'read already'}`
  },
}

function spoil(data: string, how: 'changes' | 'shrinks' | 'disappears', { random }: Scene): void {
  if (how === 'disappears')
    return renameSync(data, `${data}.gone`)
  const images = walk(data).filter(name => /\.(?:png|jpg)$/.test(name))
  const one = images[random.integer(images.length)]!
  if (how === 'shrinks')
    return rmSync(one)
  writeFileSync(one, readFileSync(images[random.integer(images.length)]!))
}

/** Reasons are for people: within half a minute a run that stands still says so. */
export const hangingWorker: Fault = {
  name: 'worker hangs (SIGSTOP)',
  share: 2,
  isKill: false,
  strike: async (scene) => {
    let started = 0
    const { told, open } = await session(scene, async (isOver) => {
      await sleep(scene.random.next() * 2500)
      const victim = await someWorker(scene, isOver)
      if (!victim)
        return null
      started = performance.now()
      process.kill(victim.pid, 'SIGSTOP')
      return victim.label
    })
    const seconds = (performance.now() - started) / 1000
    const struck = open.find(({ label }) => label === told)
    if (told !== null && !(struck?.state === 'interrupted' && struck.message.includes('silent')))
      fail(`${told} hung and is ${struck?.state}: ${struck?.message}`)
    return told && `${told}, interrupted after ${seconds.toFixed(1)} s`
  },
}

/** The kernel ends a worker for its memory (a control group, where one can be made), or memory is refused to it. */
export const noMemory: Fault = {
  name: 'memory runs out under a worker',
  share: 6,
  isKill: false,
  strike: async (scene) => {
    const group = makeGroup()
    try {
      const { told, open } = await session(scene, async (isOver) => {
        await sleep(scene.random.next() * 1500)
        const victim = await someWorker(scene, isOver)
        if (!victim)
          return null
        try {
          if (group && scene.random.next() < 0.6) {
            writeFileSync(join(group, 'cgroup.procs'), String(victim.pid))
            return `${victim.label}, control group`
          }
          execFileSync('prlimit', ['--pid', String(victim.pid), `--as=${200 << 20}`], { stdio: 'ignore' })
          return `${victim.label}, address space`
        }
        catch {
          return null // it was done before
        }
      }, { seesMemoryKills: true })
      const ended = open.find(({ state }) => state !== 'queued')
      return told && `${told}: ${ended?.message.split('\n')[0] ?? 'it needed no more'}`
    }
    finally {
      if (group)
        rmdirSync(group)
    }
  },
}

/** A control group with little memory; null where none can be made. */
function makeGroup(): string | null {
  const group = join('/sys/fs/cgroup/memory', `facet-faults-${process.pid}`)
  if (process.getuid?.() !== 0 || !existsSync('/sys/fs/cgroup/memory/memory.limit_in_bytes'))
    return null
  mkdirSync(group, { recursive: true })
  writeFileSync(join(group, 'memory.limit_in_bytes'), String(24 << 20))
  return group
}
