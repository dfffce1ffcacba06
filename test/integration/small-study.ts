import type { Connection } from '#main/core.ts'
import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { connect } from '#main/core.ts'

/** Four small photographs in two folders, each of another colour. */
export async function drawPhotographs(folder: string) {
  for (const [i, name] of ['cats/a.png', 'cats/b.png', 'dogs/c.png', 'dogs/d.png'].entries()) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    await sharp({ create: { width: 20, height: 20, channels: 3, background: { r: 50 * i, g: 0, b: 0 } } }).png().toFile(join(folder, name))
  }
}

/** A study of these photographs whose runs count instead of learning (test/process/stages-worker.ts). */
export function smallStudy(photographs: string) {
  return {
    path: '/nowhere/pets.yaml',
    text: `study: pets
data: { pets: { format: folders, path: ${photographs} } }
unlabelled: [pets]
teachers: [emotion]
stages: { prepare: { aligned: true }, combine: [{ kind: ae, layers: 1, epochs: 2, batch: 2 }], transfer: { epochs: 2, batch: 2 } }
knowledge: [{ name: Pets, data: pets, task: class }]
methods: [ae]
tables: [target]
`,
  }
}

export function connectCounting(folder: string, freeBytes?: () => number): Promise<Connection> {
  return connect(folder, { title: 'test', create: true, freeBytes, worker: { entry: join(import.meta.dirname, '..', 'process', 'stages-worker.ts') } })
}

/** Every file below a folder, without the database and what belongs to the process that has it open. */
export function filesBelow(folder: string) {
  return (readdirSync(folder, { recursive: true, withFileTypes: true }))
    .filter(entry => !entry.isDirectory() && !/^facet\.(?:sqlite|lock|sock)/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}
