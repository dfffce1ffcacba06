import type { Kind } from '../plan.ts'
import type { Fault, Scene } from '../strike.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import Database from 'better-sqlite3'
import { readMigrations, shippedMigrations } from '#main/workspace/migrate.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { fail } from '../strike.ts'
import { differences, digest, hold, inspect } from '../workspace.ts'

const sudden: Kind[] = ['kill before', 'kill after', 'torn']

/** A copy of the finished workspace beside the round's own, since this is about what is done already. */
async function withCopy<T>({ folder, finished }: Scene, work: (root: string) => Promise<T>): Promise<T> {
  const root = join(folder, 'copy')
  rmSync(root, { recursive: true, force: true })
  cpSync(finished, root, { recursive: true })
  try {
    return await work(root)
  }
  finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** What an opened copy must still hold. */
async function requireWhole(root: string, { reference }: Scene): Promise<void> {
  const problems = await inspect(root, reference, new Set(Object.keys(reference)))
  problems.push(...differences(root, reference))
  if (problems.length > 0)
    fail(problems.join('\n'))
}

/** Puts the database back to the first migration, as the first version of Facet would have left it. */
function makeOld(root: string): void {
  const { database } = workspacePaths(root)
  const old = `${database}.old`
  const db = new Database(old)
  try {
    db.pragma('foreign_keys = off')
    const [first] = readMigrations(shippedMigrations)
    db.exec('create table migrations (name text primary key not null, checksum text not null, applied_at_ms integer not null) strict')
    db.exec(first!.sql)
    db.prepare('insert into migrations values (?, ?, 0)').run(first!.name, first!.checksum)
    db.prepare('attach ? as now').run(database)
    const columns = (schema: string, table: string): string[] => db.prepare(`select name from pragma_table_info(?, ?)`).pluck().all(table, schema) as string[]
    const tables = db.prepare('select name from main.sqlite_master where type = \'table\' and name != \'migrations\'').pluck().all() as string[]
    for (const table of tables) {
      const both = columns('main', table).filter(column => columns('now', table).includes(column)).join(', ')
      db.exec(`insert into main.${table} (${both}) select ${both} from now.${table}`)
    }
  }
  finally {
    db.close()
  }
  for (const end of ['', '-wal', '-shm'])
    rmSync(`${database}${end}`, { force: true })
  cpSync(old, database)
  rmSync(old)
}

export const whileMigrating: Fault = {
  name: 'host killed while it migrates',
  share: 15,
  isKill: true,
  isApart: true,
  strike: scene => withCopy(scene, async (root) => {
    makeOld(root)
    const { plan, random } = scene
    const kind = sudden[random.integer(sudden.length)]!
    const at = random.integer(110)
    plan.arm({ process: 'faults/open.ts' }, kind, at)
    const child = spawn(process.execPath, [join(import.meta.dirname, '../open.ts'), root], { stdio: 'inherit', env: { ...process.env, ...plan.env } })
    await once(child, 'exit')
    const hasStruck = plan.hasStruck
    plan.disarm()
    await requireWhole(root, scene)
    return hasStruck ? `operation ${at}, ${kind}` : null
  }),
}

export const whileExporting: Fault = {
  name: 'export killed',
  share: 10,
  isKill: true,
  isApart: true,
  strike: scene => withCopy(scene, async (root) => {
    const { plan, random, reference, folder } = scene
    const into = join(folder, 'exported')
    rmSync(into, { recursive: true, force: true })
    const [key] = Object.entries(reference).find(([, { label }]) => label.startsWith('distil'))!
    const kind = sudden[random.integer(sudden.length)]!
    const at = random.integer(8)
    const connection = await hold(root)
    try {
      plan.arm({ process: 'worker/inspect.ts', match: '/exported' }, kind, at)
      const ask = (): Promise<unknown> => connection.client.call('models.export', { key, format: 'savedmodel', into })
      const error = await ask().then(() => null, (error: Error) => error)
      if (plan.hasStruck !== (error !== null))
        fail(`the export was ${plan.hasStruck ? 'killed' : 'left alone'} and ended with ${error?.message ?? 'success'}`)
      plan.disarm()
      if (existsSync(into))
        requireExport(into)
      rmSync(into, { recursive: true, force: true })
      await ask()
      requireExport(into)
      return error ? `operation ${at}, ${kind}` : null
    }
    finally {
      plan.disarm()
      await connection.close()
      await requireWhole(root, scene)
    }
  }),
}

let wholeExport = ''
/** What stands under the asked name is whole, and the same each time. */
function requireExport(into: string): void {
  const files = readdirSync(into).sort().join(', ')
  if (files !== 'README.md, example.py, saved_model.pb')
    fail(`the export holds ${files}`)
  const found = digest(join(into, 'saved_model.pb'))
  wholeExport ||= found
  if (found !== wholeExport)
    fail('the export has other bits than the one before')
}
