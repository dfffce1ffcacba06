import type { Rejected, Sample, Scan, Split } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import path from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { readLabels } from './csv-labels.ts'
import { readTable } from './csv-table.ts'
import { declareFormat, isImage, strangers } from './format.ts'
import { append } from './lists.ts'
import { hashFraction, partOf, stratifiedSplit } from './splits.ts'

const PATH_COLUMNS = [
  'path',
  'file',
  'filename',
  'file_name',
  'image',
  'image_path',
  'img',
  'photo',
]
const PARTS: Record<string, Split> = {
  train: 'train',
  training: 'train',
  0: 'train',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
  dev: 'validation',
  1: 'validation',
  test: 'test',
  testing: 'test',
  2: 'test',
}

export const CsvOptions = z.strictObject({
  file: z.string().optional().describe('The table; by default the only one in the folder'),
  images: z.string().optional().describe('Folder that the paths start from; by default the table\'s own'),
  path: z.string().optional().describe(`Column with the image's path; by default the first of ${PATH_COLUMNS.join(', ')}`),
  classification: z.array(z.string()).optional().describe('Columns with classes'),
  regression: z.array(z.string()).optional().describe('Columns with numbers to predict'),
  units: z.record(z.string(), z.string()).default({}).describe('Unit of a regression column, e.g. age: years'),
  split: z.string().optional().describe('Column with train, validation or test; by default "split" where there is one'),
  subject: z.string().optional().describe('Column with the person; by default "subject" where there is one'),
  protocol: z.enum(['split', 'subjects']).default('split').describe('subjects: every person is left out in turn'),
  validation: z.number().positive().max(0.4).default(0.1).describe('Share of validation where no column gives it'),
  test: z.number().positive().max(0.5).default(0.2).describe('Share of test where no column gives it'),
  splitSeed: z.int().min(0).default(0).describe('Which images those are'),
})
export type CsvOptions = z.output<typeof CsvOptions>

/** A table with one image per line and columns of labels. */
export const csv = declareFormat({
  name: 'csv',
  title: 'A table with a path and label columns',
  licence: 'Not stated: whoever adds the folder knows its terms.',
  aligned: false,
  options: CsvOptions,
  recognise(listing) {
    const tables = tablesOf(listing)
    const hasImages = listing.files.some(isImage)
    const confidence = tables.some(table => /^(?:labels|data|dataset|metadata)\.[ct]sv$/i.test(table))
      ? 0.5
      : tables.length === 1
        ? 0.35
        : 0.1
    return {
      confidence: hasImages && tables.length > 0
        ? confidence
        : 0,
      why: tables.length === 0
        ? 'there is no .csv or .tsv at its top'
        : `its top holds ${tables.slice(0, 3).join(', ')}${hasImages
          ? ''
          : ' but there are no images'}`,
    }
  },
  async scan(listing, options) {
    const table = options.file ?? onlyTable(listing)
    const rows = await readTable(listing.root, table, {
      columns: options.path
        ? [options.path]
        : [],
    })
    return scanTable({
      listing,
      table,
      rows,
      options,
      licence: this.licence,
    })
  },
})

function tablesOf(listing: Listing): string[] {
  return listing.files.filter(file => /^[^/]+\.[ct]sv$/i.test(file))
}

function onlyTable(listing: Listing): string {
  const tables = tablesOf(listing)
  const labels = tables.find(table => /^(?:labels|data|dataset|metadata)\.[ct]sv$/i.test(table))
  if (labels ?? tables.length === 1)
    return labels ?? tables[0]!
  throw new FacetError('bad-input', `The folder has ${tables.length} tables at its top (${tables.slice(0, 5).join(', ')}).`, { where: listing.root, hint: 'Say which one with the option file.' })
}

interface TableScan { listing: Listing, table: string, rows: Record<string, string>[], options: CsvOptions, licence: string }

/** A table's rows as samples: every row becomes a sample or a rejected row. */
function scanTable({ listing, table, rows, options, licence }: TableScan): Scan {
  const columns = Object.keys(rows[0] ?? {})
  const pathColumn = columnOf(columns, options.path, PATH_COLUMNS, 'path', listing.root, table)
  if (pathColumn === null) {
    throw new FacetError('bad-input', `No column of the table is named like a path; it has ${columns.join(', ') || 'no rows'}.`, {
      where: path.join(listing.root, table),
      hint: `Name one of them ${PATH_COLUMNS.join(', ')}, or set the option path.`,
    })
  }
  const splitColumn = columnOf(columns, options.split, ['split', 'partition'], 'split', listing.root, table)
  const subjectColumn = columnOf(columns, options.subject, ['subject', 'identity', 'person'], 'subject', listing.root, table)
  if (options.protocol === 'subjects' && subjectColumn === null) {
    throw new FacetError('bad-input', 'The protocol "subjects" needs a column with the person.', {
      where: path.join(listing.root, table),
      hint: `Set the option subject to one of ${columns.join(', ')}.`,
    })
  }

  const { usable, rejected } = locate(listing, rows, { table, pathColumn, images: options.images })
  const labels = readLabels(usable, columns.filter(column => ![pathColumn, splitColumn, subjectColumn].includes(column)), options, path.join(listing.root, table))
  append(rejected, labels.rejected)
  const accepted = usable.filter(({ line }) => labels.byLine.has(line))
  const { splits, note } = splitRows(accepted, {
    splitColumn,
    subjectColumn,
    options,
    strata: labels.stratumOf,
  })
  append(rejected, accepted.filter(({ path: file }) => !splits.has(file)).map(({ path: file, line, row }) => ({ path: file, reason: `line ${line}: split "${row[splitColumn!]}" is not train, validation or test` })))
  const samples = accepted.filter(({ path: file }) => splits.has(file)).map(({ path: file, line, row }): Sample => ({
    path: file,
    labels: labels.byLine.get(line)!,
    split: splits.get(file)!,
    subject: (subjectColumn && row[subjectColumn]) || null,
    unseen: false,
  }))
  return {
    format: 'csv',
    samples,
    rejected,
    tasks: labels.tasks,
    pairs: [],
    licence,
    notes: [note, ...labels.notes].filter(Boolean),
  }
}

function columnOf(columns: string[], asked: string | undefined, usual: string[], option: string, root: string, table: string): string | null {
  if (asked === undefined)
    return usual.map(name => columns.find(column => column.toLowerCase() === name)).find(column => column !== undefined) ?? null
  if (!columns.includes(asked)) {
    throw new FacetError('bad-input', `Option ${option} names the column "${asked}"; the table has ${columns.join(', ')}.`, {
      where: path.join(root, table),
      hint: 'Give one of those.',
    })
  }
  return asked
}

/** A row with the file it names and its line in the table. */
export interface TableRow { path: string, line: number, row: Record<string, string> }

/** Finds each row's image among the folder's files, so that no path leaves the folder. */
function locate(listing: Listing, rows: Record<string, string>[], { table, pathColumn, images }: { table: string, pathColumn: string, images: string | undefined }): { usable: TableRow[], rejected: Rejected[] } {
  const known = new Set(listing.files)
  const base = images ?? path.posix.dirname(table)
  const lineByPath = new Map<string, number>()
  const rejected: Rejected[] = strangers(listing.files)
  const usable: TableRow[] = []
  rows.forEach((row, i) => {
    const line = i + 2
    const named = (row[pathColumn] ?? '').replaceAll('\\', '/')
    const file = path.posix.normalize(path.posix.join(base, named))
    if (!known.has(file))
      rejected.push({ path: named || `line ${line}`, reason: `line ${line}: there is no such file in the folder` })
    else if (lineByPath.has(file))
      rejected.push({ path: file, reason: `line ${line}: the file stands in line ${lineByPath.get(file)} already` })
    else
      usable.push({ path: file, line, row })
    lineByPath.set(file, lineByPath.get(file) ?? line)
  })
  append(rejected, listing.files.filter(file => isImage(file) && !lineByPath.has(file)).map(file => ({ path: file, reason: `is not in the table ${table}` })))
  return { usable, rejected }
}

interface SplitBy { splitColumn: string | null, subjectColumn: string | null, options: CsvOptions, strata: (line: number) => string }

/** Split by the column; else by person, so that nobody stands in two parts; else the same share of each class. */
function splitRows(rows: TableRow[], { splitColumn, subjectColumn, options, strata }: SplitBy): { splits: Map<string, Split | null>, note: string } {
  if (options.protocol === 'subjects') {
    return {
      splits: new Map(rows.map(({ path }) => [path, null])),
      note: `Every person of the column "${subjectColumn}" is left out in turn.`,
    }
  }
  if (splitColumn !== null) {
    return {
      splits: new Map(rows.flatMap(({ path, row }): [string, Split][] => {
        const part = PARTS[(row[splitColumn] ?? '').toLowerCase()]
        return part
          ? [
              [path, part],
            ]
          : []
      })),
      note: `Split by the column "${splitColumn}".`,
    }
  }
  const shares = { train: 1 - options.validation - options.test, validation: options.validation }
  if (subjectColumn !== null) {
    return {
      splits: new Map(rows.map(({ path, row }) => [
        path,
        partOf(hashFraction(`${options.splitSeed}/${row[subjectColumn]}`), shares),
      ])),
      note: `Split by person (column "${subjectColumn}"): SHA-256 of "${options.splitSeed}/person" as a fraction, validation ${options.validation}, test ${options.test}.`,
    }
  }
  return {
    splits: stratifiedSplit(rows.map(({ path, line }) => ({
      name: path,
      stratum: strata(line),
    })), { seed: options.splitSeed, ...shares }),
    note: `Split by the SHA-256 of "${options.splitSeed}/path" within each class: validation ${options.validation}, test ${options.test}.`,
  }
}
