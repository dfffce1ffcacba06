import { z } from 'zod'
import { Table } from '../table.ts'
import { method } from './method.ts'

/** What of a table is shown. What is left out is all of it, as `facet table` prints it. */
export const TableSelection = z.strictObject({
  study: z.string(),
  name: z.string(),
  rows: z.array(z.string()).optional(),
  columns: z.array(z.string()).optional().describe('In this order'),
  seeds: z.array(z.int().min(0)).optional(),
  reference: z.string().optional().describe('Column that the others are tested against'),
  paper: z.boolean().default(true).describe('With the paper\'s own figures'),
  std: z.boolean().default(true).describe('With standard deviations'),
})
export type TableSelection = z.input<typeof TableSelection>

export const tableMethods = {
  'tables.list': method('read', z.strictObject({ study: z.string() }), z.array(z.strictObject({
    name: z.string(),
    title: z.string(),
    paper: z.string(),
    cells: z.int(),
    missing: z.int().describe('Cells without a figure'),
  }))),
  'tables.build': method('read', TableSelection, z.strictObject({
    table: Table,
    all: z.strictObject({
      rows: z.array(z.string()),
      columns: z.array(z.string()),
      seeds: z.array(z.int()),
    }).describe('What can be chosen'),
    canTest: z.boolean(),
    missingRuns: z.int().describe('Runs that `tables.runMissing` would queue, what they wait for included'),
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
    leftOut: z.array(z.strictObject({ label: z.string(), why: z.string() })),
  })),
} as const
