import type { Kind } from '../plan.ts'
import type { Fault } from '../strike.ts'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { fail, hostProcess, session, strikeWorker } from '../strike.ts'
import { differences, runStudy } from '../workspace.ts'

/** A worker's disk is full (from that operation on) or breaks (once); its run must say so, and nothing else. */
function forWorkers(name: string, kind: Kind, words: string, share: number): Fault {
  return {
    name,
    share,
    isKill: false,
    strike: async (scene) => {
      const { where, state, message } = await strikeWorker(scene, kind, scene.random.integer(160))
      if (where && state === 'failed' && !message.includes(words))
        fail(`${where} failed and says "${message}", not "${words}"`)
      return where && `${where}: ${state}`
    },
  }
}

export const diskFullForWorkers: Fault = forWorkers('disk full under the workers', 'full', 'The disk is full', 10)
export const diskBrokenForWorkers: Fault = forWorkers('disk error under the workers', 'broken', 'The disk cannot be read or written', 10)

/** The host's own disk: it says what is wrong, and ends or goes on when it can; a host that hangs has lost. */
function forHost(name: string, kind: Kind, share: number): Fault {
  return {
    name,
    share,
    isKill: false,
    strike: async (scene) => {
      const at = scene.random.integer(300)
      const { code, output } = await hostProcess(scene, {
        arm: { kind, at },
        meanwhile: async () => {
          while (!scene.plan.hasStruck)
            await sleep(20)
          await sleep(2000)
          scene.plan.disarm()
        },
        limitMs: 240_000, // the whole study may be to do yet
      })
      const hasStruck = scene.plan.hasStruck
      scene.plan.disarm()
      if (code === null)
        fail(`the host hangs: ${output}`)
      if (hasStruck && code !== 0 && !/full|ENOSPC|EIO|I\/O|disk/i.test(output))
        fail(`the host ended with code ${code} and does not name the disk: ${output}`)
      return hasStruck ? `operation ${at}, exit code ${code}` : null
    },
  }
}

export const diskFullForHost: Fault = forHost('disk full under the host', 'full', 8)
export const diskBrokenForHost: Fault = forHost('disk error under the host', 'broken', 6)

/** Nothing is simulated here: a small file system of its own, filled up to the last byte at some moment. */
export const smallFileSystem: Fault = {
  name: 'a real file system that is full',
  share: 3,
  isKill: false,
  isApart: true,
  strike: async (scene) => {
    const place = join(scene.folder, 'small')
    mkdirSync(place, { recursive: true })
    if (!mount(place))
      return 'left out: mounting a tmpfs is for root alone'
    try {
      const root = join(place, 'workspace')
      cpSync(scene.root, root, { recursive: true })
      const delay = scene.random.next() * 4000
      const { open } = await session({ ...scene, root }, async (isOver) => {
        await sleep(delay)
        fill(place)
        while (!isOver())
          await sleep(50)
        return null
      }).catch((error: Error) => {
        if (!/full|ENOSPC|disk/i.test(error.message))
          throw error
        return { open: [{ message: error.message }] }
      })
      rmSync(join(place, 'ballast'))
      const left = [...await runStudy(root), ...differences(root, scene.reference)]
      if (left.length > 0)
        fail(left.join('\n'))
      return `after ${Math.round(delay)} ms: ${open[0]?.message.slice(0, 100) ?? 'nothing more had to be written'}`
    }
    finally {
      execFileSync('umount', ['--lazy', place])
    }
  },
}

function mount(place: string): boolean {
  if (process.getuid?.() !== 0)
    return false
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', place])
  return true
}

function fill(place: string): void {
  for (let size = 16 << 20; size > 0; size >>= 1) {
    try {
      for (;;)
        writeFileSync(join(place, 'ballast'), new Uint8Array(size), { flag: 'a' })
    }
    catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC')
        throw error
    }
  }
}
