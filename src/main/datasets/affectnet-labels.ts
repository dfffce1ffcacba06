import type { Rejected } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import type { Roster } from './lists.ts'
import path from 'node:path'
import { baseName } from './format.ts'
import { append, createRoster, filesNamed, linesOf, numberOf } from './lists.ts'
import { readNpyValue } from './npy.ts'

/** An image of the folders with .npy labels. */
export const NPY_IMAGE = /(?:^|\/)(train_set|val_set)\/images\/(\d+)\.[a-z]+$/i
/** The published tables of what people annotated. */
export const TABLE = /^(?:training|validation)\.csv$/i
/** As published; validation.csv comes without this line in some copies. */
const COLUMNS = ['subdirectory_filepath', 'face_x', 'face_y', 'face_width', 'face_height', 'facial_landmarks', 'expression', 'valence', 'arousal']
const NO_FACE = 10
/** What stands for "not annotated" in valence and arousal. */
const NO_AFFECT = -2
const AT_ONCE = 64

/** What is said of an image: expression 0 to 9 (8 none, 9 uncertain), valence and arousal from -1 to 1 where they are annotated. */
export interface Labels { expression: number, valence?: number, arousal?: number, isTest: boolean }
/** Labels by image, with what could not be used. */
export interface LabelsFound { labels: Map<string, Labels>, rejected: Rejected[], notes: string[] }

/** Reads training.csv and validation.csv, of several copies those nearest to the top. */
export async function labelsOfTables(listing: Listing, images: string[]): Promise<LabelsFound> {
  const byEnd = new Map(images.map(file => [endOf(file), file]))
  const found: LabelsFound = { labels: new Map(), rejected: [], notes: [] }
  const tables = filesNamed(listing, TABLE)
  const first = ['training', 'validation'].flatMap(part => tables.find(table => baseName(table).toLowerCase().startsWith(part)) ?? [])
  if (tables.length > first.length)
    found.notes.push(`Copies that are passed over: ${tables.filter(table => !first.includes(table)).join(', ')}.`)
  for (const table of first) {
    const isTest = /^validation/i.test(baseName(table))
    const roster = createRoster<Labels>(baseName(table))
    await readTable(listing, table, isTest, roster, named => byEnd.get(endOf(named)))
    const twice = [...roster.values().keys()].filter(file => found.labels.has(file))
    for (const [file, labels] of roster.values())
      found.labels.set(file, labels)
    for (const file of twice)
      found.labels.delete(file)
    append(found.rejected, roster.rejected())
    append(found.rejected, twice.map(file => ({ path: file, reason: 'stands in training.csv and in validation.csv, so it is not used' })))
    found.notes.push(...roster.notes())
  }
  return found
}

/** The folder and the name: what the rows and the files of every copy share. */
function endOf(file: string): string {
  return file.replaceAll('\\', '/').split('/').slice(-2).join('/').toLowerCase()
}

async function readTable(listing: Listing, table: string, isTest: boolean, roster: Roster<Labels>, imageOf: (named: string) => string | undefined): Promise<void> {
  let columns = COLUMNS
  for await (const { text, line } of linesOf(listing, table)) {
    const fields = text.split(',').map(field => field.trim())
    if (line === 1 && fields[0]!.toLowerCase() === COLUMNS[0]) {
      columns = fields.map(field => field.toLowerCase())
      continue
    }
    const at = (column: string): string | undefined => fields[columns.indexOf(column)]
    const named = fields[0]!
    const value = fields.length === columns.length
      ? labelsOf(at('expression'), at('valence'), at('arousal'), isTest)
      : `it has ${fields.length} fields where ${columns.length} belong`
    if (typeof value === 'string')
      roster.refuse(imageOf(named) ?? named, line, value)
    else
      roster.add({ file: imageOf(at(COLUMNS[0]!) ?? named), named, line, value })
  }
}

/** The labels in their texts, or what is wrong with them. */
function labelsOf(expressionText: string | undefined, valenceText: string | undefined, arousalText: string | undefined, isTest: boolean): Labels | string {
  const expression = numberOf(expressionText)
  if (expression === undefined || !Number.isInteger(expression) || expression < 0 || expression > NO_FACE)
    return `expression "${(expressionText ?? '').slice(0, 20)}" is not 0 to ${NO_FACE}`
  const affect = { valence: affectOf(valenceText), arousal: affectOf(arousalText) }
  const wrong = Object.entries(affect).find(([, value]) => Number.isNaN(value))
  if (wrong)
    return `${wrong[0]} "${((wrong[0] === 'valence' ? valenceText : arousalText) ?? '').slice(0, 20)}" is not from -1 to 1 (or -2: not annotated)`
  if (expression === NO_FACE)
    return 'is labelled 10, no face'
  return { expression, isTest, ...affect.valence !== undefined && { valence: affect.valence }, ...affect.arousal !== undefined && { arousal: affect.arousal } }
}

/** Undefined where it is not annotated, NaN where it is no such number. */
function affectOf(text: string | undefined): number | undefined {
  if (text === undefined || text === '')
    return undefined
  const value = numberOf(text)
  if (value === NO_AFFECT)
    return undefined
  return value !== undefined && value >= -1 && value <= 1 ? value : Number.NaN
}

/** Reads annotations/N_exp.npy, N_val.npy and N_aro.npy of each images/N.jpg. */
export async function labelsOfNpy(listing: Listing, images: string[]): Promise<LabelsFound> {
  const known = new Set(listing.files)
  const found: LabelsFound = { labels: new Map(), rejected: [], notes: [] }
  const numbered = images.filter(file => NPY_IMAGE.test(file))
  for (let from = 0; from < numbered.length; from += AT_ONCE) {
    const part = numbered.slice(from, from + AT_ONCE)
    const read = await Promise.all(part.map(file => npyLabels(listing.root, file, known)))
    read.forEach((labels, i) => {
      if (typeof labels === 'string')
        found.rejected.push({ path: part[i]!, reason: labels })
      else
        found.labels.set(part[i]!, labels)
    })
  }
  return found
}

async function npyLabels(root: string, image: string, known: ReadonlySet<string>): Promise<Labels | string> {
  const [, folder, number] = NPY_IMAGE.exec(image)!
  const base = `${path.posix.dirname(path.posix.dirname(image))}/annotations/${number}`
  const read = async (kind: 'exp' | 'val' | 'aro'): Promise<string | { wrong: string } | undefined> => {
    if (!known.has(`${base}_${kind}.npy`))
      return kind === 'exp' ? { wrong: `has no label: ${base}_exp.npy is not there` } : undefined
    const value = await readNpyValue(path.join(root, `${base}_${kind}.npy`))
    return typeof value === 'number' ? String(value) : { wrong: `${base}_${kind}.npy ${value.reason}` }
  }
  const values = [await read('exp'), await read('val'), await read('aro')]
  const wrong = values.find(value => typeof value === 'object')
  return typeof wrong === 'object'
    ? wrong.wrong
    : labelsOf(...values as [string, string | undefined, string | undefined], folder!.toLowerCase() === 'val_set')
}
