import type { Rejected } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import { Buffer, isUtf8 } from 'node:buffer'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { FacetError } from '#shared/errors.ts'
import { fileWithin } from '#shared/files/within.ts'
import { baseName } from './format.ts'
import { byCodeUnit, codeOf } from './listing.ts'

/** Longest line of a list, in bytes; AffectNet's, with 68 landmarks, have some 1,500. */
const MOST_LINE_BYTES = 2 ** 16
const CHUNK_BYTES = 2 ** 20
const LINE_END = 10

/** One line of a list, without its end, and where it stands. */
export interface ListLine { text: string, line: number, where: string }

/**
 * The lines of a text file of the data set's folder, one after the other, empty ones left out: UTF-8, with or without BOM,
 * with LF or CRLF. Memory does not grow with the file.
 * @throws FacetError `bad-input` naming the line that is too long or no UTF-8, or the file that leads out of the folder
 */
export async function* linesOf(listing: Pick<Listing, 'root'>, file: string): AsyncGenerator<ListLine> {
  const where = fileWithin(listing.root, file, { what: 'The list', hint: 'Copy it into the folder.' })
  let line = 0
  for await (const block of blocksOf(where, () => line + 1)) {
    const text = isUtf8(block)
      ? block.toString('utf8')
      : refuseEncoding(block, where, line)
    for (const one of (line === 0 ? text.replace(/^\uFEFF/, '') : text).split('\n')) {
      line++
      const trimmed = one.endsWith('\r') ? one.slice(0, -1) : one
      if (trimmed.includes('\0'))
        throw new FacetError('bad-input', 'The list holds zero bytes: it is no text.', { where: `${where} line ${line}`, hint: 'Save it as UTF-8, or take the file as it was published.' })
      if (trimmed.trim() !== '')
        yield { text: trimmed, line, where: `${where} line ${line}` }
    }
  }
}

/** The file in blocks that end with a line, their last line end left off. */
async function* blocksOf(where: string, lineNow: () => number): AsyncGenerator<Buffer> {
  const handle = await open(where, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw new FacetError('bad-input', `The list cannot be read (${codeOf(error)}).`, { where, hint: 'Check its permissions.', cause: error })
  })
  try {
    let rest = Buffer.alloc(0)
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, null)
      const block = Buffer.concat([rest, chunk.subarray(0, bytesRead)])
      const end = bytesRead === 0 ? block.length : block.lastIndexOf(LINE_END)
      if (bytesRead === 0 && block.length === 0)
        return
      if (end >= 0)
        yield requireLines(block.subarray(0, end), where, lineNow)
      if (bytesRead === 0)
        return
      rest = block.subarray(end + 1)
      requireLines(rest, where, lineNow)
    }
  }
  finally {
    await handle.close()
  }
}

/** Throws where a line is longer than any label list's. */
function requireLines(block: Buffer, where: string, lineNow: () => number): Buffer {
  let line = lineNow()
  for (let from = 0; block.length - from > MOST_LINE_BYTES; line++) {
    const end = block.indexOf(LINE_END, from)
    if ((end < 0 ? block.length : end) - from > MOST_LINE_BYTES)
      throw new FacetError('bad-input', `The line has more than ${MOST_LINE_BYTES} bytes.`, { where: `${where} line ${line}`, hint: 'Take the list as it was published; it may be another file under its name.' })
    from = end + 1
  }
  return block
}

function refuseEncoding(block: Buffer, where: string, before: number): never {
  let line = before + 1
  for (let from = 0; from < block.length; line++) {
    const found = block.indexOf(LINE_END, from)
    const end = found < 0 ? block.length : found
    if (!isUtf8(block.subarray(from, end)))
      break
    from = end + 1
  }
  throw new FacetError('bad-input', 'The line is no UTF-8.', { where: `${where} line ${line}`, hint: 'Save the list as UTF-8, or take the file as it was published.' })
}

/** Files of a folder by their own names, whatever folder they lie in; those nearer to the root first. */
export function filesNamed(listing: Listing, name: string | RegExp): string[] {
  const matches = typeof name === 'string'
    ? (file: string): boolean => baseName(file).toLowerCase() === name.toLowerCase()
    : (file: string): boolean => name.test(baseName(file))
  return listing.files.filter(matches).sort((a, b) => a.split('/').length - b.split('/').length || byCodeUnit(a, b))
}

/** What the rows of a list say of the images of a folder. */
export interface Roster<T> {
  /** Takes a row. `file` is the image it names, undefined where there is none; `named` are the row's own words. */
  add: (row: { file: string | undefined, named: string, line: number, value: T }) => void
  /** A row that says nothing usable. */
  refuse: (named: string, line: number, reason: string) => void
  /** What is said of each image, in the order of the rows; images of which two rows say different things are not among them. */
  values: () => Map<string, T>
  /** Rows that are wrong, doubled or contradict each other. */
  rejected: () => Rejected[]
  /** "12 rows name images that are not here (the first: a.jpg in line 3)", or nothing. */
  notes: () => string[]
}

/** A list of which each image is to be named once. A row for an absent image is counted: a part of a data set has thousands. */
export function createRoster<T>(list: string): Roster<T> {
  const taken = new Map<string, { line: number, value: T, words: string }>()
  const contradicted = new Map<string, string>()
  const rejected: Rejected[] = []
  let missing = 0
  let first = ''
  return {
    add({ file, named, line, value }) {
      if (file === undefined) {
        first = missing++ === 0 ? `${named.slice(0, 200)} in line ${line}` : first
        return
      }
      const words = JSON.stringify(value)
      const before = taken.get(file)
      if (!before)
        taken.set(file, { line, value, words })
      else if (before.words === words)
        rejected.push({ path: file, reason: `line ${line} of ${list}: the image stands in line ${before.line} already, with the same label` })
      else
        contradicted.set(file, `line ${line} of ${list}: says something else of the image than line ${before.line}, so neither is used`)
    },
    refuse: (named, line, reason) => { rejected.push({ path: named.slice(0, 200) || `line ${line}`, reason: `line ${line} of ${list}: ${reason}` }) },
    values: () => new Map([...taken].flatMap(([file, { value }]) => contradicted.has(file) ? [] : [[file, value]])),
    rejected: () => [...rejected, ...[...contradicted].map(([path, reason]) => ({ path, reason }))],
    notes: () => missing > 0
      ? [`${count(missing)} rows of ${list} name images that are not here (the first: ${first}).`]
      : [],
  }
}

/** Adds a list to the end of another. `push(...items)` puts them all on the stack, which a hundred thousand overflow. */
export function append<T>(target: T[], items: Iterable<T>): void {
  for (const item of items)
    target.push(item)
}

/** Says how much of the whole data set is here, where something is missing. */
export function partNote(here: number, whole: number, what: string): string[] {
  return here < whole
    ? [`${count(here)} of the ${count(whole)} ${what} of the whole data set are here.`]
    : []
}

/** A number as people read it: 12,271. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** A number that is written out whole, as in "3" or "-0.25"; undefined for everything else. */
export function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d{1,3})?$/i.test(text.trim())
    ? Number(text)
    : undefined
}
