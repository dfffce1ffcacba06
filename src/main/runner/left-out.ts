import type { RunRow } from '#main/workspace/runs.ts'
import { stages } from '#shared/stages/index.ts'

/**
 * Why a run is not taken up when everything is, or null. A plan that was replaced leaves runs behind that no study asks for;
 * a stage that has changed since refuses its old orders.
 */
export function whyLeftOut({ key, stage, version, inputs }: Pick<RunRow, 'key' | 'stage' | 'version' | 'inputs'>, inStudies: ReadonlySet<string>): string | null {
  const { repeats } = JSON.parse(inputs) as { repeats?: string }
  if (repeats !== undefined)
    return `it repeats another run; facet reproduce ${repeats.slice(0, 12)} goes on with it`
  if (!inStudies.has(key))
    return 'no study refers to it any more; facet gc removes it'
  return wordOldVersion({ stage, version })
}

/** What is said of a run that was planned for another version of its stage; null where it fits. */
export function wordOldVersion({ stage, version }: Pick<RunRow, 'stage' | 'version'>): string | null {
  const current = stages[stage].version
  return version === current
    ? null
    : `it was planned for version ${version} of ${stage}, this is version ${current}; running its study again plans it anew`
}
