import type { Core } from '#main/core.ts'
import type { PlannedRun } from '#main/runner/planned-run.ts'
import type { RunRow } from '#main/workspace/runs.ts'
import type { Reproduction } from '#shared/reproduction.ts'
import type { OnChecked } from './check-inputs.ts'
import { existsSync } from 'node:fs'
import { wordOldVersion } from '#main/runner/left-out.ts'
import { contentKey } from '#main/studies/keys.ts'
import { readProvenance } from '#main/workspace/provenance.ts'
import { listMetrics, needsOf, requireRun } from '#main/workspace/runs.ts'
import { FacetError, wordProblem } from '#shared/errors.ts'
import { Order, RunResult } from '#shared/order.ts'
import { Problem } from '#shared/problem-schema.ts'
import { environmentFacts } from '#shared/provenance-words.ts'
import { compareFigures, judge } from '#shared/reproduction.ts'
import { checkInputs } from './check-inputs.ts'

const RowOrder = Order.omit({ runDir: true, threads: true })

/** The key under which a run is repeated: beside the sealed one, and the same each time, so that a repetition that was left goes on. */
export function keyOfRepetition(key: string): string {
  return contentKey({ repeats: key })
}

/**
 * Queues a finished run once more, beside its sealed artefact and on the sealed artefacts of the runs that it needs.
 *
 * @returns the repetition
 * @throws FacetError 'conflict' before anything is computed: the run is not done, its artefact, data sets, teachers or needs are
 *   not what they were, or this version of Facet computes its stage otherwise
 */
export async function beginReproduction({ workspace: { db, paths }, runner }: Core, row: RunRow, onChecked?: OnChecked): Promise<RunRow> {
  const order = RowOrder.parse(JSON.parse(row.work_order))
  checkFinished(row, order.artefact)
  await checkInputs(db, row, order, onChecked)
  const key = keyOfRepetition(row.key)
  const config: unknown = JSON.parse(row.config)
  const planned: PlannedRun = {
    key,
    stage: row.stage,
    version: row.version,
    config,
    inputs: { ...JSON.parse(row.inputs) as Record<string, unknown>, repeats: row.key },
    seed: row.seed,
    usesSeed: row.uses_seed === 1,
    usesAllCores: row.uses_all_cores === 1,
    needs: (await needsOf(db, [row.key])).get(row.key)!,
    label: `again: ${row.label}`,
    order: { ...order, key, config, artefact: paths.artefactPath(row.stage, key) },
  }
  return runner.repeat(planned, row)
}

function checkFinished(row: RunRow, artefact: string): void {
  const where = row.key
  if ('repeats' in (JSON.parse(row.inputs) as object))
    throw new FacetError('conflict', `"${row.label}" is a repetition itself.`, { where, hint: 'Name the run that it repeats.' })
  if (row.state !== 'done')
    throw new FacetError('conflict', `Run "${row.label}" is ${row.state}; only a finished one can be reproduced.`, { where, hint: `facet resume ${row.key.slice(0, 12)} finishes it.` })
  if (!existsSync(artefact))
    throw new FacetError('conflict', `What run "${row.label}" made is gone, so there is nothing to compare with.`, { where: artefact, hint: 'Run its study again: that makes it anew.' })
  const old = wordOldVersion(row)
  if (old !== null)
    throw new FacetError('conflict', `Run "${row.label}" cannot be reproduced by this version of Facet: ${old}.`, { where, hint: 'Use the version of Facet that facet show names.' })
}

/**
 * Compares a finished repetition with the run that it repeats, then removes the repetition. One that is not finished stays, to be
 * gone on with.
 *
 * @throws FacetError with the repetition's own reason where it was not finished
 */
export async function endReproduction({ workspace: { db }, runner, inspector }: Core, row: RunRow): Promise<Reproduction> {
  const again = await requireRun(db, keyOfRepetition(row.key))
  if (again.state !== 'done')
    throw unfinished(again)
  const [sealedPath, againPath] = [row, again].map(run => RowOrder.parse(JSON.parse(run.work_order)).artefact) as [string, string]
  const artefact = await inspector.ask('compareArtefacts', { kind: kindOf(row.stage), sealed: sealedPath, again: againPath })
  const figures = compareFigures(resultOf(row), resultOf(again))
  const [before, now] = [await readProvenance(db, row.key), await readProvenance(db, again.key)]
  const report: Reproduction = {
    key: row.key,
    label: row.label,
    stage: row.stage,
    verdict: judge(artefact, figures),
    artefact,
    figures,
    curves: compareCurves(await listMetrics(db, row.key), await listMetrics(db, again.key)),
    provenance: before.environment && now.environment
      ? differingFacts(environmentFacts(before.environment), environmentFacts(now.environment))
      : differingFacts([['TensorFlow', row.engine ?? 'unknown'], ['threads', String(row.threads)]], [['TensorFlow', again.engine ?? 'unknown'], ['threads', String(again.threads)]]),
    isProvenanceKnown: before.environment !== null,
    seconds: (again.duration_ms ?? 0) / 1000,
    sealedSeconds: row.duration_ms === null ? null : row.duration_ms / 1000,
  }
  await runner.forget(again.key)
  return report
}

function unfinished({ key, state, reason, label }: RunRow): FacetError {
  const problem = reason === null ? null : Problem.parse(JSON.parse(reason))
  return new FacetError('interrupted', `"${label}" is ${state}${problem ? `: ${wordProblem(problem)}` : '.'}`, { where: key, hint: 'facet reproduce with the same key goes on, or begins anew where it failed.' })
}

function kindOf(stage: RunRow['stage']): 'faces' | 'embeddings' | 'model' {
  switch (stage) {
    case 'prepare': return 'faces'
    case 'embed': return 'embeddings'
    default: return 'model'
  }
}

function resultOf({ result }: RunRow): RunResult {
  return RunResult.parse(JSON.parse(result!))
}

function differingFacts(sealed: [string, string][], again: [string, string][]): Reproduction['provenance'] {
  const now = new Map(again)
  return sealed.flatMap(([title, value]) => now.get(title) === value ? [] : [{ title, sealed: value, again: now.get(title) ?? 'unknown' }])
}

/** Of each curve that differs, the step where it differs most. */
function compareCurves(sealed: Awaited<ReturnType<typeof listMetrics>>, again: Awaited<ReturnType<typeof listMetrics>>): Reproduction['curves'] {
  const other = new Map(again.map(({ metric, step, value }) => [`${metric} ${step}`, value]))
  const worst = new Map<string, Reproduction['curves'][number]>()
  for (const { metric, step, value } of sealed) {
    const now = other.get(`${metric} ${step}`)
    if (now === undefined || now === value)
      continue
    const known = worst.get(metric)
    if (!known || Math.abs(now - value) > Math.abs(known.again - known.sealed))
      worst.set(metric, { metric, step, sealed: value, again: now })
  }
  return [...worst.values()]
}
