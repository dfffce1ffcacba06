import { z } from 'zod'
import { Pivot } from '../pivot.ts'
import { Table } from '../table.ts'
import { method, nothing } from './method.ts'

/** What of a table is shown. What is left out is all of it, as `facet table` prints it. */
export const TableSelection = z.strictObject({
  study: z.string(),
  name: z.string().describe('A kind of table, `free` for one by its pivot'),
  title: z.string().max(200).optional().describe('What it is called; its kind\'s title where left out'),
  pivot: Pivot.optional().describe('Rows, columns and filter of a free table; knowledge by method where left out'),
  by: z.array(z.string()).min(1).optional().describe('What subgroups are made by; gender, ethnicity and age where left out'),
  rows: z.array(z.string()).optional(),
  columns: z.array(z.string()).optional().describe('In this order'),
  seeds: z.array(z.int().min(0)).optional(),
  reference: z.string().optional().describe('Column that the others are tested against'),
  paper: z.boolean().default(true).describe('With the paper\'s own figures'),
  std: z.boolean().default(true).describe('With standard deviations'),
})
export type TableSelection = z.input<typeof TableSelection>

/** A name for a table of one's own: one that no command and no kind of table has. */
export const SavedTableName = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} _.-]{0,79}$/u, 'up to 80 letters, digits, spaces, dots, dashes and underscores, a letter or digit first')

/** A table of anybody's own, kept in the workspace. */
export const SavedTable = z.strictObject({
  name: z.string(),
  selection: TableSelection,
  updatedAtMs: z.number(),
  hasStudy: z.boolean().describe('Its study is in the workspace'),
})
export type SavedTable = z.output<typeof SavedTable>

export const tableEvents = {
  'tables.changed': z.strictObject({ name: z.string().describe('Of a saved table') }),
} as const

export const tableMethods = {
  'tables.list': method('read', z.strictObject({ study: z.string() }), z.array(z.strictObject({
    name: z.string(),
    title: z.string(),
    paper: z.string(),
    cells: z.int(),
    missing: z.int().describe('Cells without a figure'),
  }))),
  'tables.saved': method('read', nothing, z.array(SavedTable)),
  'tables.save': method('write', z.strictObject({
    name: SavedTableName,
    selection: TableSelection,
    replaces: z.boolean().default(false),
  }), SavedTable),
  'tables.removeSaved': method('write', z.strictObject({ name: z.string() }), SavedTable),
  'tables.measure': method('write', z.strictObject({ study: z.string() }), z.strictObject({ measured: z.int() })),
  'tables.build': method('read', TableSelection, z.strictObject({
    table: Table,
    all: z.strictObject({
      rows: z.array(z.string()),
      columns: z.array(z.string()),
      seeds: z.array(z.int()),
    }).describe('What can be chosen'),
    canTest: z.boolean(),
    groupings: z.array(z.string()).describe('What its samples can be grouped by, where it is a table of groups'),
    missingRuns: z.int().describe('Runs that `tables.runMissing` would queue, what they wait for included'),
    unmeasured: z.int().describe('Networks that it would measure, in a table of cost'),
  })),
  'tables.export': method('read', TableSelection.extend({
    format: z.enum(['md', 'csv', 'json', 'html', 'latex']),
  }), z.strictObject({
    text: z.string(),
    fileName: z.string(),
  })),
  'tables.runMissing': method('write', TableSelection.extend({
    cell: z.strictObject({ row: z.string(), column: z.string() }).optional().describe('One cell; every missing one of the selection where left out'),
  }), z.strictObject({
    queued: z.array(z.strictObject({ key: z.string(), label: z.string() })),
    measured: z.int().describe('Networks whose cost was measured'),
    leftOut: z.array(z.strictObject({ label: z.string(), why: z.string() })),
  })),
} as const
