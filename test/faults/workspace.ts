import type { Connection } from '#main/core.ts'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { connect } from '#main/core.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { parseEvent } from '#shared/event-line.ts'
import { isAlive } from '#shared/process-identity.ts'

const recipe = join(import.meta.dirname, 'recipe.yaml')
export const workerEntry: string = join(import.meta.dirname, 'worker.ts')

/** What a host has to find out that a worker is gone: it may have gone since the host looked. */
const noticedWithinMs = 30_000

/** What an undisturbed study left of a run: what a disturbed one must leave too. */
export interface RunLeft { label: string, artefact: string, metrics: Record<string, number>, evaluations: string }
export type Left = Record<string, RunLeft>

interface Row { key: string, label: string, stage: 'combine', state: string, pid: number | null, pid_started: string | null }

/**
 * Holds the workspace in this process, as `facet run` does. The system counts the processes that it ends for memory of the whole machine:
 * unless `seesMemoryKills`, those of the chain beside are not taken for this one's.
 */
export async function hold(root: string, { seesMemoryKills = false } = {}): Promise<Connection> {
  const worker = { entry: workerEntry, ...!seesMemoryKills && { countMemoryKills: () => null } }
  const connection = await connect(root, { title: 'fault campaign', create: true, cores: 2, worker })
  if (connection.role !== 'host') {
    await connection.close()
    throw new Error(`the workspace opens for a ${connection.role} only`)
  }
  return connection
}

/** Queues the study's runs that are not done. */
export async function enqueue({ client }: Connection): Promise<string> {
  return (await client.call('studies.run', { path: recipe, text: readFileSync(recipe, 'utf8'), set: [], ignoresDisk: true })).study
}

/** Runs the study until nothing of it goes on by itself. @returns reasons of what is not done */
export async function runStudy(root: string): Promise<string[]> {
  const connection = await hold(root)
  try {
    const study = await enqueue(connection)
    const { open } = await connection.client.call('runs.idle', { study })
    return open.map(({ label, state, reason }) => `${label}: ${state}${reason ? `, ${reason.message}` : ''}`)
  }
  finally {
    await connection.close()
  }
}

export function readRuns(root: string): Row[] {
  return withDatabase(root, db => db.prepare<[], Row>('select key, label, stage, state, pid, pid_started from runs order by position').all())
}

/** What is there of each run that is done. */
export function whatIsLeft(root: string): Left {
  const metrics = withDatabase(root, readMetrics)
  const evaluations = withDatabase(root, db => db.prepare<[], Record<string, unknown>>('select * from evaluations order by run, scope, metric').all())
  return Object.fromEntries(readRuns(root).filter(({ state }) => state === 'done').map(({ key, label, stage }) => [key, {
    label,
    artefact: digest(workspacePaths(root).artefactPath(stage, key)),
    metrics: metrics.get(key) ?? {},
    evaluations: JSON.stringify(evaluations.filter(({ run }) => run === key)),
  }]))
}

/** How a finished study differs from the undisturbed one; empty: not at all. */
export function differences(root: string, reference: Left): string[] {
  const left = whatIsLeft(root)
  const halves = ['artefacts', 'runs'].flatMap(folder => walk(join(root, folder))).map(path => relative(root, path)).filter(path => /checkpoint|tmp|partial|journal/.test(path)).map(path => `${path} was left behind`)
  return halves.concat(Object.entries(reference).flatMap(([key, { label, artefact, metrics, evaluations }]) => {
    const other = left[key]
    if (!other)
      return [`${label} is not done`]
    return [
      ...(other.artefact === artefact ? [] : [`the artefact of ${label} has other bits`]),
      ...(other.evaluations === evaluations ? [] : [`the evaluation of ${label} differs`]),
      ...wrongMetrics(label, other.metrics, metrics),
      ...Object.keys(metrics).filter(name => !(name in other.metrics)).map(name => `${label} lost its metric ${name}`),
    ]
  }))
}

/** What is wrong with a workspace after a fault, whatever else is still to be done in it. */
export async function inspect(root: string, reference: Left, sealed: Set<string>): Promise<string[]> {
  const told = readTold(root) // before: what comes later may not be taken in yet
  const connection = await hold(root)
  try {
    const problems = withDatabase(root, db => [
      ...(db.pragma('integrity_check') as { integrity_check: string }[]).map(row => row.integrity_check).filter(text => text !== 'ok'),
      ...(db.pragma('foreign_key_check') as unknown[]).map(row => `foreign key: ${JSON.stringify(row)}`),
    ])
    const metrics = withDatabase(root, readMetrics)
    for (const { key, label, stage, state, pid, pid_started: started } of readRuns(root)) {
      const artefact = workspacePaths(root).artefactPath(stage, key)
      const known = metrics.get(key) ?? {}
      if (existsSync(artefact))
        sealed.add(key)
      if (sealed.has(key) && !existsSync(artefact))
        problems.push(`the sealed artefact of ${label} is lost`)
      else if (state === 'done' && digest(artefact) !== reference[key]!.artefact)
        problems.push(`the artefact of ${label} has other bits`)
      if (state === 'running' && pid !== null && !isAlive(pid, started!) && !await isNoticed(root, key, pid))
        problems.push(`${label} is said to run ${noticedWithinMs / 1000} s after its worker went`)
      problems.push(...wrongMetrics(label, known, reference[key]!.metrics))
      for (const name of told.get(key) ?? []) {
        if (!(name in known))
          problems.push(`${label} told its metric ${name}, and it was not taken in`)
      }
    }
    return problems
  }
  finally {
    await connection.close()
  }
}

/** Whether the host learns that a worker has gone, by its end or by another that takes its place, within the time that it has for it. */
async function isNoticed(root: string, key: string, gone: number): Promise<boolean> {
  for (const until = Date.now() + noticedWithinMs; Date.now() < until; await setTimeout(250)) {
    const { state, pid } = readRuns(root).find(run => run.key === key)!
    if (state !== 'running' || pid !== gone)
      return true
  }
  return false
}

function wrongMetrics(label: string, metrics: Record<string, number>, expected: Record<string, number>): string[] {
  return Object.entries(metrics).filter(([name, value]) => value !== expected[name]).map(([name, value]) => `${label} has ${value} for ${name}, not ${expected[name]}`)
}

/** Metrics in whole lines of the event files, by run. */
function readTold(root: string): Map<string, string[]> {
  const runs = workspacePaths(root).runDir('')
  return new Map(readdirSync(runs).map((key) => {
    const path = join(runs, key, 'events.ndjson')
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
    return [key, lines.flatMap((line) => {
      const event = parseEvent(line) // none of a line that a fault of this campaign damaged
      return event?.type === 'metrics' ? Object.keys(event.values).map(metric => `${metric} at ${event.step}`) : []
    })]
  }))
}

function readMetrics(db: Database.Database): Map<string, Record<string, number>> {
  const rows = db.prepare<[], { run: string, metric: string, step: number, value: number }>('select run, metric, step, value from metrics').all()
  const byRun = new Map<string, Record<string, number>>()
  for (const { run, metric, step, value } of rows) {
    const name = `${metric} at ${step}`
    const values = byRun.get(run) ?? {}
    if (name in values)
      throw new Error(`${name} stands twice in the database`)
    byRun.set(run, Object.assign(values, { [name]: value }))
  }
  return byRun
}

function withDatabase<T>(root: string, read: (db: Database.Database) => T): T {
  const db = new Database(workspacePaths(root).database, { readonly: true })
  try {
    return read(db)
  }
  finally {
    db.close()
  }
}

/** Of a pack the rows, whose pages may lie in another order after a resume; of any other file the bytes. */
export function digest(path: string): string {
  const hash = createHash('sha256')
  for (const file of walk(path)) {
    hash.update(relative(path, file))
    if (file.endsWith('.sqlite'))
      hashRows(file, hash)
    else
      hash.update(readFileSync(file))
  }
  return hash.digest('hex')
}

function hashRows(file: string, hash: ReturnType<typeof createHash>): void {
  const db = new Database(file, { readonly: true })
  try {
    const tables = db.prepare<[], string>('select name from sqlite_master where type = \'table\' order by name').pluck().all()
    for (const table of tables) {
      const rows = db.prepare<[], unknown[]>(`select * from "${table}"`).raw().all().map(hashRow)
      hash.update(JSON.stringify([table, rows.sort()]))
    }
  }
  finally {
    db.close()
  }
}

function hashRow(row: unknown[]): string {
  const hash = createHash('sha256')
  for (const value of row)
    hash.update(value instanceof Uint8Array ? value : JSON.stringify(value))
  return hash.digest('hex')
}

/** Files in a folder, or the file itself. */
export function walk(folder: string): string[] {
  if (!statSync(folder).isDirectory())
    return [folder]
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1).flatMap(entry => entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)])
}
