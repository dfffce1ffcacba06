import type { Db } from '../workspace/database.ts'
import type { RunRow, Trx } from '../workspace/runs.ts'
import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { turnMs } from '../runner/watch.ts'
import { moveRun, nextPosition } from '../workspace/runs.ts'
import { artefactName, forgetSealedFiles } from '../workspace/sealed-files.ts'

/** Runs that readRuns has read, on their way into a workspace's database. */
export interface Taking {
  /** Takes in those that the workspace has not, each whole, in turns. */
  takeNew: () => Promise<void>
  /** Takes in those that were left unfinished here, or lost their artefact. @throws FacetError 'conflict' for one that is at work */
  takeAgain: (trx: Trx) => Promise<void>
  /** Forgets what takeNew has taken in. */
  undo: () => Promise<void>
}

type ReadRun = Pick<RunRow, 'key' | 'stage'>

/** Works with the database that readRuns has made, attached to the workspace's own; one at a time. */
export async function withRead<T>(db: Db, path: string, work: (taking: Taking) => Promise<T>): Promise<T> {
  await sql`attach ${path} as imported`.execute(db)
  try {
    const here = new Map((await db.selectFrom('runs').select(['key', 'state']).execute()).map(({ key, state }) => [key, state]))
    const read = await db.withSchema('imported').selectFrom('runs').select(['key', 'stage']).orderBy('position').execute()
    const taken: ReadRun[] = []
    return await work({
      takeNew: () => takeInTurns(db, read.filter(({ key }) => !here.has(key)), taken),
      takeAgain: async (trx) => {
        for (const run of read.filter(({ key }) => here.has(key))) {
          if (here.get(run.key) !== 'queued')
            await moveRun(trx, run.key, 'queued', { now: Date.now() }) // what was done is done anew
          await takeRun(trx, run)
        }
      },
      undo: () => db.transaction().execute(async (trx) => {
        for (const { key, stage } of taken) {
          await trx.deleteFrom('runs').where('key', '=', key).execute()
          await forgetSealedFiles(trx, artefactName(stage, key))
        }
      }),
    })
  }
  finally {
    await sql`detach imported`.execute(db)
  }
}

/** A transaction a turn: others may ask the database between two. */
async function takeInTurns(db: Db, runs: readonly ReadRun[], taken: ReadRun[]): Promise<void> {
  for (let at = 0; at < runs.length;) {
    const startMs = performance.now()
    const turn = await db.transaction().execute(async (trx) => {
      let to = at
      do
        await takeRun(trx, runs[to++]!)
      while (to < runs.length && performance.now() - startMs < turnMs)
      return runs.slice(at, to)
    })
    taken.push(...turn)
    at += turn.length
    await setImmediate()
  }
}

/** One run with all that belongs to it, in place of what is here of it; its moves follow those that it has made here. */
async function takeRun(trx: Trx, { key, stage }: ReadRun): Promise<void> {
  const columns = (await sql<{ name: string }>`select name from pragma_table_info('runs') where name <> 'key'`.execute(trx)).rows.map(({ name }) => name)
  const values = sql.join(columns.map(name => sql`${sql.ref(name)} = ${sql.ref(`excluded.${name}`)}`))
  const position = await nextPosition(trx)
  const artefact = artefactName(stage, key)
  for (const statement of [
    sql`insert into main.runs select * from imported.runs where key = ${key} on conflict (key) do update set ${values}`,
    sql`update main.runs set position = ${position} where key = ${key}`,
    sql`insert into main.run_moves (run, from_state, to_state, at_ms, reason) select run, from_state, to_state, at_ms, reason from imported.run_moves where run = ${key} order by id`,
    sql`delete from main.curves where run = ${key}`,
    sql`insert into main.curves (run, metric) select run, metric from imported.curves where run = ${key}`,
    sql`insert into main.points select here.id, points.step, points.value, points.at_ms from imported.curves as there join main.curves as here on here.run = there.run and here.metric = there.metric join imported.points as points on points.curve = there.id where there.run = ${key}`,
    sql`insert or ignore into main.recipe_states select * from imported.recipe_states where id in (select recipe from imported.run_provenance where run = ${key})`,
    ...['run_needs', 'evaluations', 'run_provenance'].flatMap(table => [
      sql`delete from ${sql.id('main', table)} where run = ${key}`,
      sql`insert into ${sql.id('main', table)} select * from ${sql.id('imported', table)} where run = ${key}`,
    ]),
    sql`delete from main.sealed_files where artefact = ${artefact}`,
    sql`insert into main.sealed_files select * from imported.sealed_files where artefact = ${artefact}`,
  ])
    await statement.execute(trx)
}
