import type { RunRow } from '#main/workspace/runs.ts'
import type { StageName } from '#shared/stages/declare.ts'
import { leavesOf } from '#shared/leaves.ts'
import { stages } from '#shared/stages/index.ts'
import { fineTuneDefaults, transfer } from '#shared/stages/transfer.ts'

export interface Difference { path: string, own: string | null, other: string | null }

/** Everything that a run's key covers, by path, as JSON. */
export function fieldsOf({ config, inputs, seed, uses_seed: usesSeed }: Pick<RunRow, 'config' | 'inputs' | 'seed' | 'uses_seed'>): Map<string, string> {
  return new Map(leavesOf({
    config: JSON.parse(config) as unknown,
    inputs: JSON.parse(inputs) as unknown,
    ...usesSeed ? { seed } : {},
  }))
}

/** Fields whose values differ, in the order of the run's own. */
export function differencesOf(own: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): Difference[] {
  return [...new Set([...own.keys(), ...other.keys()])]
    .filter(path => own.get(path) !== other.get(path))
    .map(path => ({ path, own: own.get(path) ?? null, other: other.get(path) ?? null }))
}

/** The configuration of a stage with every default, where only what has none is taken from `config` (a kind, a task). */
export function defaultConfig(stage: StageName, config: Record<string, unknown>): Record<string, unknown> {
  const schema = stages[stage].config
  // Where every parameter is trained other defaults hold.
  const parsedOwn = stage === 'transfer' ? transfer.config.safeParse(config) : null
  let given: Record<string, unknown> = parsedOwn?.success && transfer.usesAllCores(parsedOwn.data) ? { ...fineTuneDefaults } : {}
  // A field that is needed may bring others (a kind has its own), so it is asked again until nothing is missing.
  for (let round = 0; round < 4; round++) {
    const parsed = schema.safeParse(given)
    if (parsed.success)
      return parsed.data as Record<string, unknown>
    const missing = new Set(parsed.error.issues.map(({ path: [field] }) => String(field)))
    given = { ...given, ...Object.fromEntries(Object.entries(config).filter(([field]) => missing.has(field))) }
  }
  return config
}

/** Earlier runs of the same stage by how little differs, then by how recent they are. */
export function nearestRuns(row: RunRow, others: readonly RunRow[], most: number): { row: RunRow, differing: number }[] {
  const own = fieldsOf(row)
  return others
    .filter(other => other.key !== row.key && other.queued_at_ms <= row.queued_at_ms && other.position < row.position)
    .map(other => ({ row: other, differing: differencesOf(own, fieldsOf(other)).length }))
    .sort((a, b) => a.differing - b.differing || b.row.position - a.row.position)
    .slice(0, most)
}
