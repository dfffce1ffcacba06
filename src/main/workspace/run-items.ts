import type { ViewedRow } from '#main/views.ts'
import type { RunState } from '#shared/order.ts'
import type { RunFigure, RunItem } from '#shared/run-views.ts'
import type { Db, RunTable } from './database.ts'
import { sql } from 'kysely'
import { viewedColumns, viewRun } from '#main/views.ts'

export interface RunFilter { study?: string, stage?: RunTable['stage'], states?: readonly RunState[], limit?: number }

type ItemRow = ViewedRow & { summary: string | null }

/** Runs as long lists show them, with their studies and the number they reached, in the order of the queue; with `limit` the newest first. */
export async function listRunItems(db: Db, { study, stage, states, limit }: RunFilter): Promise<RunItem[]> {
  const rows: ItemRow[] = await db.selectFrom('runs')
    .select(viewedColumns.map(column => `runs.${column}` as const))
    .select(sql<string | null>`json_extract(runs.result, '$.summary')`.as('summary'))
    .$if(study !== undefined, query => query.innerJoin('study_runs', 'study_runs.run', 'runs.key').where('study_runs.study', '=', study!))
    .$if(states !== undefined, query => query.where('runs.state', 'in', states!))
    .$if(stage !== undefined, query => query.where('runs.stage', '=', stage!))
    .$if(limit !== undefined, query => query.orderBy(sql`coalesce(runs.finished_at_ms, runs.started_at_ms, runs.queued_at_ms)`, 'desc').limit(limit!))
    .$if(study !== undefined, query => query.orderBy(sql`study_runs.position`))
    .orderBy('runs.position')
    .execute()
  const keys = rows.map(({ key }) => key)
  const figures = await figuresOfTransfers(db, keys)
  const studies = await studiesByRun(db, keys)
  return rows.map(row => ({
    ...viewRun(row),
    studies: studies.get(row.key) ?? [],
    figure: figures.get(row.key) ?? figureOfSummary(row),
  }))
}

async function studiesByRun(db: Db, keys: readonly string[]): Promise<Map<string, string[]>> {
  const byRun = new Map<string, string[]>()
  for (const { run, study } of await db.selectFrom('study_runs').select(['run', 'study']).where('run', 'in', listed(keys)).orderBy('study').execute()) {
    const names = byRun.get(run)
    if (names)
      names.push(study)
    else
      byRun.set(run, [study])
  }
  return byRun
}

/** Any number of keys as one value: SQLite takes only so many parameters. */
function listed(keys: readonly string[]) {
  return sql<string>`(select value from json_each(${JSON.stringify(keys)}))`
}

/** The evaluation that tables show: on the test split, else under the whole protocol. */
async function figuresOfTransfers(db: Db, keys: readonly string[]): Promise<Map<string, RunFigure>> {
  const rows = await db.selectFrom('evaluations').select(['run', 'scope', 'metric', 'value']).where('run', 'in', listed(keys)).where('scope', 'in', ['test', 'all']).orderBy('scope').execute()
  return new Map(rows.map(({ run, metric, value }) => [run, figureOf(metric, value)])) // 'test' comes after 'all' and replaces it
}

/** A metric's value with its unit and direction. */
export function figureOf(name: RunFigure['name'], value: number): RunFigure {
  switch (name) {
    case 'accuracy': return { name, value, unit: '%', better: 'higher' }
    case 'mae': return { name, value, unit: '', better: 'lower' }
    case 'error-rate': return { name, value, unit: '%', better: 'lower' }
    case 'cosine': return { name, value, unit: '', better: 'higher' }
    case 'nrmse': return { name, value, unit: '', better: 'lower' }
    case 'found': return { name, value, unit: '%', better: 'higher' }
    default: return name satisfies never
  }
}

function figureOfSummary({ stage, summary }: ItemRow): RunFigure | null {
  if (summary === null)
    return null
  const values = JSON.parse(summary) as Record<string, unknown>
  const number = (name: string): number | null => typeof values[name] === 'number' ? values[name] : null
  switch (stage) {
    case 'prepare': {
      const photographs = number('photographs')
      return photographs ? figureOf('found', 100 * (number('found') ?? 0) / photographs) : null
    }
    case 'combine': return number('nrmse') === null ? null : figureOf('nrmse', number('nrmse')!)
    case 'distil': {
      const cosine = number('validationCosine') // the multi-task student has none
      if (cosine !== null)
        return figureOf('cosine', cosine)
      return number('nrmse') === null ? null : figureOf('nrmse', number('nrmse')!)
    }
    default: return null
  }
}
