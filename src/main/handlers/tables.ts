import type { Table } from '#shared/table.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { TableMemory } from '../tables/build-selection.ts'
import type { RunRow } from '../workspace/runs.ts'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { writeDurably } from '#shared/files/durable.ts'
import { isEmptyCell } from '#shared/table.ts'
import { buildSelection, canTest } from '../tables/build-selection.ts'
import { findTableFormat, writeTable } from '../tables/formats/index.ts'
import { measureCosts } from '../tables/measure-costs.ts'
import { runsOfMissing } from '../tables/missing-runs.ts'
import { knownGroupings } from '../tables/read-groups.ts'
import { readStudy } from '../tables/read-study.ts'
import { writeReport } from '../tables/report.ts'
import { createTestMemory } from '../tables/significance.ts'
import { buildTable, requireBuilder, tableBuilders } from '../tables/table.ts'
import { listRuns, needsOf } from '../workspace/runs.ts'

export const tableHandlers = ((core) => {
  const { workspace, runner } = core
  const memory: TableMemory = { tests: createTestMemory(), groups: new Map() }
  return {
    'tables.get': async ({ format, paper = true, std = true, ...selection }) => {
      const { table } = await buildSelection(await readStudy(workspace, selection.study), { ...selection, paper, std }, memory)
      return {
        table,
        text: writeTable(table, format),
      }
    },
    'tables.report': async ({ study }) => writeStudyReport(core, study, memory),
    'tables.measure': async ({ study }) => ({ measured: await measureCosts(core, (await readStudy(workspace, study)).networks) }),
    'tables.list': async ({ study }) => {
      const { input } = await readStudy(workspace, study)
      return tableBuilders.map(({ name, title, paper }) => {
        const cells = buildTable(name, input).rows.flatMap(row => Object.values(row.cells))
        return { name, title, paper, cells: cells.length, missing: cells.filter(isEmptyCell).length }
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
        canTest: canTest(whole, selection),
        groupings: requireBuilder(selection.name, selection.pivot).needs === 'groups' ? knownGroupings(read) : [],
        unmeasured: selection.name === 'cost' ? read.networks.filter(({ question }, i) => question !== null && read.input.networks[i]!.cost === null).length : 0,
        missingRuns: (await missingRuns(core, runsOfMissing(table, read.detail, selection))).length,
      }
    },
    'tables.export': async ({ format, ...selection }) => {
      const { table } = await buildSelection(await readStudy(workspace, selection.study), selection, memory)
      return {
        text: writeTable(table, format),
        fileName: `${table.study}-${fileNameOf(selection.title ?? table.table)}.${findTableFormat(format).extension}`,
      }
    },
    'tables.runMissing': async ({ cell, ...selection }) => {
      const read = await readStudy(workspace, selection.study)
      const measured = selection.name === 'cost' ? await measureCosts(core, read.networks) : 0
      const { table } = await buildSelection(read, { ...selection, reference: undefined }, memory)
      const keys = runsOfMissing(table, read.detail, { ...selection, cell })
      const rows = await missingRuns(core, keys)
      const queued: { key: string, label: string }[] = []
      for (const { key } of rows)
        queued.push({ key, label: (await runner.resume(key)).label })
      const known = new Set((await listRuns(workspace.db, { keys })).map(row => row.key))
      return {
        queued,
        measured,
        leftOut: keys.filter(key => !known.has(key)).map(key => ({ label: key.slice(0, 8), why: 'its run is not there any more; start the study again' })),
      }
    },
  }
}) satisfies HandlerPart

/** A title as part of a file's name. */
function fileNameOf(title: string): string {
  return title.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-').replaceAll(/^-|-$/g, '') || 'table'
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

async function writeStudyReport({ workspace }: Core, study: string, memory: TableMemory): Promise<{ path: string }> {
  const read = await readStudy(workspace, study)
  const { input, detail, recipe, runs } = read
  const done = runs.filter(run => run.state === 'done')
  const folder = join(workspace.paths.root, 'reports')
  const path = join(folder, `${study}.html`)
  mkdirSync(folder, { recursive: true })
  const tables: Table[] = []
  for (const name of detail.recipe.tables)
    tables.push((await buildSelection(read, { study, name, paper: true, std: true }, memory)).table)
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
