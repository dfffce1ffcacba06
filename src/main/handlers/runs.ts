import type { Order, RunState } from '#shared/order.ts'
import type { RunDetail, RunView } from '#shared/views.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { RunRow } from '../workspace/runs.ts'
import { Buffer } from 'node:buffer'
import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs'
import { FacetError } from '#shared/errors.ts'
import { RunResult } from '#shared/order.ts'
import { readActivity } from '../runner/activity.ts'
import { forgetCheckpoints, listCheckpoints } from '../runner/checkpoints.ts'
import { eventsPath } from '../runner/follow.ts'
import { whyLeftOut } from '../runner/left-out.ts'
import { logPath } from '../runner/worker-process.ts'
import { differenceOf } from '../studies/run-difference.ts'
import { parseReason, viewRun } from '../views.ts'
import { findSelected, readCurves } from '../workspace/curves.ts'
import { readProvenance } from '../workspace/provenance.ts'
import { listRunItems } from '../workspace/run-items.ts'
import { findRun, listEvaluations, listMoves, listRuns, needsOf, studiesOf } from '../workspace/runs.ts'
import { requireStudy, runsOfStudies } from '../workspace/studies.ts'

const retryable: readonly RunState[] = ['failed', 'interrupted', 'paused', 'cancelled']

export const runHandlers = ((core) => {
  const { workspace: { db, paths }, runner } = core
  const keyOf = async (prefix: string): Promise<string> => (await findRun(db, prefix)).key
  return {
    'runs.list': async ({ study, stage, states, limit }) => {
      if (study !== undefined)
        await requireStudy(db, study)
      return listRunItems(db, { study, stage, states, limit })
    },
    'runs.get': async ({ key }) => detail(core, await findRun(db, key)),
    'runs.metrics': async ({ key, metrics, fromStep, buckets }) => readCurves(db, await keyOf(key), { metrics, fromStep, buckets }),
    'runs.activity': async ({ key, buckets }) => readActivity(eventsPath(paths.runDir(await keyOf(key))), buckets),
    'runs.checkpoints': async ({ key }) => {
      const full = await keyOf(key)
      return {
        kept: listCheckpoints(paths.runDir(full)).map(({ step, phase, atMs, bytes }) => ({ step, phase, atMs, bytes })),
        selected: await findSelected(db, full),
      }
    },
    'runs.difference': async ({ key, against }) => differenceOf(core, await findRun(db, key), against),
    'runs.retry': async ({ key, fromStart }) => retry(core, await findRun(db, key), fromStart),
    'runs.logs': async ({ key, from, limit }) => {
      const path = logPath(paths.runDir(await keyOf(key)))
      return {
        path,
        ...readPart(path, from, limit),
      }
    },
    'runs.pause': async ({ key }) => viewRun(await runner.pause(await keyOf(key))),
    'runs.pauseAll': async () => (await runner.pauseAll()).map(viewRun),
    'runs.stop': async ({ key }) => viewRun(await runner.stop(await keyOf(key))),
    'runs.resume': async (input) => {
      if ('key' in input) {
        return {
          resumed: [
            viewRun(await runner.resume(await keyOf(input.key))),
          ],
          leftOut: [],
        }
      }
      const inStudies = await runsOfStudies(db, 'all')
      const left = (await listRuns(db, {
        states: ['paused', 'interrupted', 'failed', 'queued'],
      })).map(row => ({ row, why: whyLeftOut(row, inStudies) }))
      const resumed: RunRow[] = []
      for (const { row, why } of left) {
        if (why === null && row.state !== 'queued')
          resumed.push(await runner.resume(row.key))
      }
      await runner.advance()
      return {
        resumed: resumed.map(viewRun),
        leftOut: left.flatMap(({ row: { key, label }, why }) => why === null
          ? []
          : [
              { key, label, why },
            ]),
      }
    },
    'runs.idle': async ({ study, key }) => {
      const { counts, open } = await runner.idle(study, key === undefined ? undefined : await keyOf(key))
      return {
        counts,
        open: open.map(viewRun),
      }
    },
  }
}) satisfies HandlerPart

/** Takes up a run that did not end well; from its newest checkpoint, or anew. */
async function retry({ workspace: { paths }, runner }: Core, row: RunRow, fromStart: boolean): Promise<RunView> {
  if (!retryable.includes(row.state))
    throw new FacetError('conflict', `Run "${row.label}" is ${row.state}; only one that failed, was interrupted, paused or stopped can be tried again.`, { where: row.key })
  if (fromStart)
    forgetCheckpoints(paths.runDir(row.key))
  return viewRun(await runner.resume(row.key))
}

async function detail({ workspace: { db, paths } }: Core, row: RunRow): Promise<RunDetail> {
  const evaluations = await listEvaluations(db, [row.key])
  return {
    ...viewRun(row),
    config: JSON.parse(row.config),
    inputs: JSON.parse(row.inputs) as Record<string, unknown>,
    needs: (await needsOf(db, [row.key])).get(row.key)!,
    studies: await studiesOf(db, row.key),
    artefact: (JSON.parse(row.work_order) as Pick<Order, 'artefact'>).artefact,
    log: logPath(paths.runDir(row.key)),
    provenance: await readProvenance(db, row.key),
    result: row.result === null
      ? null
      : RunResult.parse(JSON.parse(row.result)),
    evaluations: evaluations.map(({ scope, metric, value, count, standard_error, low, high }) => ({
      scope,
      metric,
      value,
      count,
      standardError: standard_error,
      interval: [low, high],
    })),
    moves: (await listMoves(db, row.key)).map(({ from_state, to_state, at_ms, reason }) => ({
      from: from_state,
      to: to_state,
      atMs: at_ms,
      reason: parseReason(reason),
    })),
  }
}

/** A part of a text file; without a place to go on from, its last `limit` bytes. */
function readPart(path: string, from: number | undefined, limit: number): { text: string, next: number } {
  if (!existsSync(path))
    return { text: '', next: 0 }
  const file = openSync(path, 'r')
  try {
    const { size } = fstatSync(file)
    const start = Math.min(from ?? Math.max(0, size - limit), size)
    const bytes = Buffer.alloc(Math.min(limit, size - start))
    const length = readSync(file, bytes, 0, bytes.length, start)
    return {
      text: bytes.toString('utf8', 0, length),
      next: start + length,
    }
  }
  finally {
    closeSync(file)
  }
}
