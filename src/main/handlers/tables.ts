import type { Parsed } from '#shared/contract.ts'
import type { Table } from '#shared/table.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { ReadStudy } from '../tables/read-study.ts'
import type { TestMemory } from '../tables/significance.ts'
import type { RunRow } from '../workspace/runs.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { writeDurably } from '#shared/files/durable.ts'
import { findTableFormat, writeTable } from '../tables/formats/index.ts'
import { runsOfMissing } from '../tables/missing-runs.ts'
import { readStudy } from '../tables/read-study.ts'
import { writeReport } from '../tables/report.ts'
import { selectCells, withSeeds } from '../tables/select.ts'
import { createTestMemory, testAgainst } from '../tables/significance.ts'
import { readScoresOf } from '../tables/study-scores.ts'
import { buildTable, tableBuilders } from '../tables/table.ts'
import { listRuns, needsOf } from '../workspace/runs.ts'

type Selection = Parsed<'tables.build'>

export const tableHandlers = ((core) => {
  const { workspace, runner } = core
  const memory = createTestMemory()
  return {
    'tables.get': async ({ name, study, format }) => {
      const { input } = await readStudy(workspace, study)
      const table = buildTable(name, input)
      return {
        table,
        text: writeTable(table, format),
      }
    },
    'tables.report': async ({ study }) => writeStudyReport(core, study),
    'tables.list': async ({ study }) => {
      const { input } = await readStudy(workspace, study)
      return tableBuilders.map(({ name, title, paper }) => {
        const cells = buildTable(name, input).rows.flatMap(row => Object.values(row.cells))
        return { name, title, paper, cells: cells.length, missing: cells.filter(cell => cell.mean === null).length }
      })
    },
    'tables.build': async (selection) => {
      const read = await readStudy(workspace, selection.study)
      const { table, whole } = await buildSelection(read, selection, memory)
      return {
        table,
        all: {
          rows: whole.rows.map(row => row.knowledge),
          columns: whole.columns,
          seeds: [...new Set(read.input.methods.flatMap(read.input.seeds))].sort((a, b) => a - b),
        },
        canTest: whole.rows.some(row => row.scope !== null) && whole.columns.length > 1,
        missingRuns: (await missingRuns(core, runsOfMissing(table, read.detail, { seeds: selection.seeds }))).length,
      }
    },
    'tables.export': async ({ format, ...selection }) => {
      const { table } = await buildSelection(await readStudy(workspace, selection.study), selection, memory)
      return {
        text: writeTable(table, format),
        fileName: `${table.study}-${table.table}.${findTableFormat(format).extension}`,
      }
    },
    'tables.runMissing': async ({ cell, ...selection }) => {
      const read = await readStudy(workspace, selection.study)
      const { table } = await buildSelection(read, { ...selection, reference: undefined }, memory)
      const keys = runsOfMissing(table, read.detail, { cell, seeds: selection.seeds })
      const rows = await missingRuns(core, keys)
      const queued: { key: string, label: string }[] = []
      for (const { key } of rows)
        queued.push({ key, label: (await runner.resume(key)).label })
      const known = new Set((await listRuns(workspace.db, { keys })).map(row => row.key))
      return {
        queued,
        leftOut: keys.filter(key => !known.has(key)).map(key => ({ label: key.slice(0, 8), why: 'its run is not there any more; start the study again' })),
      }
    },
  }
}) satisfies HandlerPart

/** A table as it was asked for, and the whole of it. */
async function buildSelection({ input, runs }: ReadStudy, selection: Selection, memory: TestMemory): Promise<{ table: Table, whole: Table }> {
  const whole = buildTable(selection.name, withSeeds(input, selection.seeds))
  const table = selectCells(whole, selection)
  if (selection.reference === undefined)
    return { table, whole }
  const read = readScoresOf({ runs })
  return { table: await testAgainst(table, selection.reference, { read, memory }), whole }
}

/** The runs behind some keys that are not done nor at work, with what they need, those that are needed first. */
async function missingRuns({ workspace: { db } }: Core, keys: readonly string[]): Promise<RunRow[]> {
  const wanted = new Map<string, RunRow>()
  let next = [...keys]
  while (next.length > 0) {
    const rows = (await listRuns(db, { keys: next })).filter(row => row.state !== 'done' && !wanted.has(row.key))
    rows.forEach(row => wanted.set(row.key, row))
    next = rows.length > 0
      ? [...(await needsOf(db, rows.map(row => row.key))).values()].flat()
      : []
  }
  return [...wanted.values()].filter(({ state }) => state !== 'running' && state !== 'pausing').reverse()
}

async function writeStudyReport({ workspace }: Core, study: string): Promise<{ path: string }> {
  const { input, detail, recipe, runs } = await readStudy(workspace, study)
  const done = runs.filter(run => run.state === 'done')
  const folder = join(workspace.paths.root, 'reports')
  const path = join(folder, `${study}.html`)
  mkdirSync(folder, { recursive: true })
  const tables = detail.recipe.tables.map(name => buildTable(name, input))
  writeDurably(path, writeReport({
    name: study,
    recipe,
    version: input.version,
    time: input.time,
    runs: done.map(({ key, stage, label }) => ({ key, stage, label })),
    versions: { TensorFlow: done.find(run => run.engine)?.engine ?? 'not used yet', Node: process.version },
  }, tables))
  return { path }
}
