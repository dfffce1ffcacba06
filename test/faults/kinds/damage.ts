import type { Fault, Scene } from '../strike.ts'
import { spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join, relative } from 'node:path'
import process from 'node:process'
import { workspacePaths } from '#main/workspace/paths.ts'
import { fail, session, strikeWorker } from '../strike.ts'
import { hold, readRuns, walk } from '../workspace.ts'

/** Turns a bit round or cuts the file off, somewhere. @returns what was done */
function damage(path: string, { random }: Scene): string {
  const { size } = statSync(path)
  const at = random.integer(Math.max(1, size))
  if (random.next() < 0.4) {
    truncateSync(path, at)
    return `cut at ${at} of ${size} bytes`
  }
  const file = openSync(path, 'r+')
  try {
    const byte = new Uint8Array(1)
    readSync(file, byte, 0, 1, at)
    writeSync(file, Uint8Array.of(byte[0]! ^ (1 << random.integer(8))), 0, 1, at)
    return `a bit of byte ${at} of ${size} turned round`
  }
  finally {
    closeSync(file)
  }
}

/** Lets the study come to a random place. */
async function interruptSomewhere(scene: Scene, match: string, operations: number): Promise<void> {
  await strikeWorker(scene, 'kill before', scene.random.integer(operations), match)
}

/** Files of unfinished runs whose name fits. */
function filesOfRuns({ root }: Scene, name: RegExp): string[] {
  const { runDir } = workspacePaths(root)
  return readRuns(root).filter(({ state, key }) => state !== 'done' && existsSync(runDir(key))).flatMap(({ key }) => readdirSync(runDir(key)).filter(file => name.test(file)).map(file => join(runDir(key), file)))
}

function someFile(title: string, share: number, name: RegExp, match: string, operations: number): Fault {
  return {
    name: title,
    share,
    isKill: false,
    strike: async (scene) => {
      await interruptSomewhere(scene, match, operations)
      const files = filesOfRuns(scene, name)
      if (files.length === 0)
        return null
      const path = files[scene.random.integer(files.length)]!
      return `${relative(join(scene.root, 'runs'), path).slice(58)}: ${damage(path, scene)}`
    },
  }
}

export const damagedCheckpoint: Fault = someFile('checkpoint damaged', 12, /^checkpoint-\d+\.(?:json|safetensors)$/, 'checkpoint-', 400)
export const damagedEvents: Fault = someFile('event file damaged', 10, /^events\.ndjson$/, 'events.ndjson', 80)

/** What `facet doctor` says of the workspace. */
function doctor(root: string, ...options: string[]): { code: number | null, output: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../../../src/main/cli.ts'), 'doctor', ...options, '--workspace', root], { encoding: 'utf8', env: { ...process.env, LD_PRELOAD: '' } })
  return { code: status, output: `${stdout}${stderr}` }
}

export const damagedArtefact: Fault = {
  name: 'artefact damaged: doctor --fix names it, it is computed anew',
  share: 6,
  isKill: false,
  strike: async (scene) => {
    const done = readRuns(scene.root).filter(({ state }) => state === 'done')
    if (done.length === 0) {
      await session(scene)
      return null
    }
    const { key, label, stage } = done[scene.random.integer(done.length)]!
    const artefact = workspacePaths(scene.root).artefactPath(stage, key)
    const files = walk(artefact)
    const path = files[scene.random.integer(files.length)]!
    const what = damage(path, scene)
    scene.sealed.delete(key)
    const { output } = doctor(scene.root, '--fix')
    if (!output.includes(label))
      fail(`doctor does not name ${label}, of which ${relative(scene.root, path)} is damaged (${what}): ${output}`)
    return `${label}, ${what}`
  },
}

/** A page of the database as a broken disk leaves it. What is in an unused page is nobody's loss. */
export const damagedDatabase: Fault = {
  name: 'database page damaged: doctor --fix makes it anew',
  share: 6,
  isKill: false,
  strike: async (scene) => {
    await (await hold(scene.root)).close() // what stands in its journal comes into the file
    const { database } = workspacePaths(scene.root)
    const pages = statSync(database).size / 4096
    const page = scene.random.integer(pages)
    const file = openSync(database, 'r+')
    writeSync(file, Uint8Array.from({ length: 4096 }, () => scene.random.integer(256)), 0, 4096, page * 4096)
    closeSync(file)
    for (const end of ['-wal', '-shm'])
      rmSync(`${database}${end}`, { force: true })
    const { code, output } = doctor(scene.root, '--fix')
    if (code === null)
      fail(`doctor ended without a code: ${output}`)
    return `page ${page} of ${pages}: ${/.*(?:database|page).*/i.exec(output)?.[0].trim().slice(0, 120) ?? 'unused'}`
  },
}
