import type { ColumnType, Driver, Generated, SqliteDatabase, SqliteStatement } from 'kysely'
import type { RunState } from '#shared/order.ts'
import type { StageName } from '#shared/stages/declare.ts'
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { Kysely, SqliteDialect } from 'kysely'
import { FacetError } from '#shared/errors.ts'

export interface DatasetTable {
  name: string
  fingerprint: string
  format: string
  root: string
  options: string
  summary: string
  added_at_ms: number
  listing: string | null
}
export interface StudyTable {
  name: string
  recipe: string
  detail: string
  created_at_ms: number
  updated_at_ms: number
}
export interface RunTable {
  key: string
  stage: StageName
  version: number
  config: string
  inputs: string
  seed: number
  uses_seed: number
  uses_all_cores: number
  label: string
  work_order: string
  state: RunState
  reason: string | null
  position: number
  attempt: Generated<number>
  pid: number | null
  pid_started: string | null
  threads: number | null
  engine: string | null
  queued_at_ms: number
  started_at_ms: number | null
  finished_at_ms: number | null
  duration_ms: number | null
  bytes: number | null
  result: string | null
  progress_done: number | null
  progress_total: number | null
  progress_unit: string | null
  per_second: number | null
  memory_bytes: number | null
  events_offset: Generated<number>
  last_seq: Generated<number>
  last_event_at_ms: number | null
}
export interface CurveTable { id: Generated<number>, run: string, metric: string }
export interface PointTable { curve: number, step: number, value: number, at_ms: number }
/** A view over curves and points, to read. */
export interface MetricView { run: ColumnType<string, never>, metric: ColumnType<string, never>, step: ColumnType<number, never>, value: ColumnType<number, never>, at_ms: ColumnType<number, never> }
export interface EvaluationTable {
  run: string
  scope: 'test' | 'all' | 'unseen'
  metric: 'accuracy' | 'mae' | 'cosine' | 'error-rate'
  value: number
  count: number
  standard_error: number
  low: number
  high: number
}
export interface ProvenanceTable {
  run: string
  recipe: string | null
  device: string | null
  environment: string | null
}
export interface SavedTableTable {
  name: string
  study: string
  selection: string
  created_at_ms: number
  updated_at_ms: number
}
export interface Tables {
  datasets: DatasetTable
  studies: StudyTable
  runs: RunTable
  run_needs: { run: string, need: string }
  study_runs: { study: string, run: string, position: number }
  run_moves: { id: Generated<number>, run: string, from_state: RunState, to_state: RunState, at_ms: number, reason: string | null }
  curves: CurveTable
  points: PointTable
  metrics: MetricView
  evaluations: EvaluationTable
  sealed_files: { artefact: string, file: string, bytes: number, sha256: string }
  recipe_states: { id: string, state: string }
  run_provenance: ProvenanceTable
  saved_tables: SavedTableTable
  network_costs: { id: string, cost: string, measured_at_ms: number }
}
export type Db = Kysely<Tables>

/** The database file with foreign keys on, as a plain connection and as a typed query builder over the same one. */
export function openDatabase(path: string, { readonly = false, journal = 'wal' }: { readonly?: boolean, journal?: 'wal' | 'delete' } = {}): { connection: Database.Database, db: Db } {
  if (readonly && !existsSync(path))
    throw new FacetError('not-found', 'There is no database to read.', { where: path, hint: 'Make the workspace with facet init.' })
  const connection = new Database(path, { readonly, timeout: 5_000 })
  if (!readonly) {
    connection.pragma(`journal_mode = ${journal}`)
    connection.pragma('synchronous = full')
  }
  connection.pragma('foreign_keys = on')
  return {
    connection,
    db: new Kysely<Tables>({
      dialect: new RollingBackDialect(connection),
    }),
  }
}

/**
 * SQLite takes a transaction back by itself where the disk is full or broken (sqlite.org/lang_transaction.html); Kysely's own
 * rollback then fails, and what was wrong would be lost behind "no transaction is active".
 */
class RollingBackDialect extends SqliteDialect {
  readonly #connection: Database.Database

  constructor(connection: Database.Database) {
    super({ database: keepStatements(connection) })
    this.#connection = connection
  }

  override createDriver(): Driver {
    const driver = super.createDriver()
    const rollBack = driver.rollbackTransaction.bind(driver)
    driver.rollbackTransaction = async (own) => {
      if (this.#connection.inTransaction)
        await rollBack(own)
    }
    return driver
  }
}

/** Statements that stay prepared: each takes memory of SQLite's own, which waits for a collection that nothing hurries. */
const keptStatements = 100

/** The connection as the query builder needs it, each text prepared once while it is in use. */
function keepStatements(connection: Database.Database): SqliteDatabase {
  const kept = new Map<string, Database.Statement>()
  return {
    close: () => { connection.close() },
    prepare: (sql) => {
      const statement = kept.get(sql) ?? connection.prepare(sql)
      kept.delete(sql)
      kept.set(sql, statement)
      if (kept.size > keptStatements)
        kept.delete(kept.keys().next().value!)
      return statement as SqliteStatement
    },
  }
}
