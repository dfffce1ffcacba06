import { Buffer } from 'node:buffer'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { FacetError } from '#shared/errors.ts'
import { codeOf } from './listing.ts'

const CHUNK_BYTES = 4 * 2 ** 20
const [TAB, LF, CR] = [9, 10, 13]
/** Longer fields are images. */
const MOST_TEXT_BYTES = 256
/** Of a line with more fields only the number of them is known. */
const MOST_FIELDS = 16

/** Where a field lies in the file; its text where it is short, else null. */
export interface TsvField { offset: number, length: number, text: string | null }
/** A line, with the first 16 of its fields. */
export interface TsvRow { line: number, count: number, fields: TsvField[] }

/**
 * The rows of a tab-separated file of any size, chunk by chunk: where each field lies. What is long is never gathered, so a line of a
 * gigabyte costs no more memory than one of a hundred bytes.
 * @throws FacetError `bad-input` where the file cannot be read
 */
export async function* tsvRows(file: string): AsyncGenerator<TsvRow[]> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw new FacetError('bad-input', `The table cannot be read (${codeOf(error)}).`, { where: file, hint: 'Check its permissions.', cause: error })
  })
  try {
    const splitter = createSplitter()
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    for (;;) {
      const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, null)
      const rows = bytesRead === 0 ? splitter.end() : splitter.add(chunk.subarray(0, bytesRead))
      if (rows.length > 0)
        yield rows
      if (bytesRead === 0)
        return
    }
  }
  finally {
    await handle.close()
  }
}

interface Splitter { add: (chunk: Buffer) => TsvRow[], end: () => TsvRow[] }

/** Takes a file chunk by chunk and gives the rows that end in each. */
export function createSplitter(): Splitter {
  let base = 0 // of the chunk in the file
  let fieldFrom = 0 // of the field in the file
  let head = '' // what is known of a field that began in an earlier chunk
  let last = 0 // byte before the chunk
  let line = 1
  let row: TsvRow = { line, count: 0, fields: [] }

  function closeField(chunk: Buffer, end: number, isLast: boolean): void {
    const hasReturn = isLast && (end > 0 ? chunk[end - 1] : last) === CR && base + end > fieldFrom
    const length = base + end - fieldFrom - Number(hasReturn)
    row.count++
    if (row.count <= MOST_FIELDS)
      row.fields.push({ offset: fieldFrom, length, text: length > MOST_TEXT_BYTES ? null : `${head}${chunk.toString('latin1', Math.max(0, fieldFrom - base), end)}`.slice(0, length) })
    fieldFrom = base + end + 1
    head = ''
  }

  function closeRow(rows: TsvRow[]): void {
    if (row.count > 1 || row.fields[0]!.length > 0)
      rows.push(row)
    row = { line: ++line, count: 0, fields: [] }
  }

  return {
    add(chunk) {
      const rows: TsvRow[] = []
      if (base === 0 && chunk[0] === 0xEF && chunk[1] === 0xBB && chunk[2] === 0xBF)
        fieldFrom = 3
      let [tab, lf] = [-1, -1]
      for (let from = 0; ;) {
        tab = tab < from ? placeOf(chunk, TAB, from) : tab
        lf = lf < from ? placeOf(chunk, LF, from) : lf
        const end = Math.min(tab, lf)
        if (end === chunk.length)
          break
        closeField(chunk, end, end === lf)
        if (end === lf)
          closeRow(rows)
        from = end + 1
      }
      if (head.length <= MOST_TEXT_BYTES)
        head += chunk.toString('latin1', Math.max(0, fieldFrom - base), Math.min(chunk.length, Math.max(0, fieldFrom - base) + MOST_TEXT_BYTES + 1))
      base += chunk.length
      last = chunk.at(-1) ?? last
      return rows
    },
    end() {
      const rows: TsvRow[] = []
      if (row.count > 0 || base > fieldFrom) {
        closeField(Buffer.alloc(0), 0, true)
        closeRow(rows)
      }
      return rows
    },
  }
}

/** Where a byte stands next; the chunk's length where it does not. */
function placeOf(chunk: Buffer, byte: number, from: number): number {
  const at = chunk.indexOf(byte, from)
  return at < 0 ? chunk.length : at
}
