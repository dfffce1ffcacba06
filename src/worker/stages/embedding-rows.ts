import type { Embeddings } from '#shared/files/embeddings.ts'
import type { SourceFaces } from './unlabelled.ts'
import { FacetError } from '#shared/errors.ts'
import { openEmbeddings } from '#shared/files/embeddings.ts'

/** A table of f32 rows that may be larger than memory. */
export interface RowTable {
  count: number
  width: number
  /** Rows from (included) to (excluded), f32 [to - from, width]. */
  read: (from: number, to: number) => Float32Array
  /** The rows asked for, in that order. */
  gather: (rows: Int32Array) => Float32Array
}

/** The embeddings of chosen faces of several packs as one table, in the order of the sources. */
export interface EmbeddingRows extends RowTable {
  teachers: { name: string, dimension: number }[]
  close: () => void
}

/** Rows read at once where the table does not fit in memory: the packs' own chunk. */
const blockRows = 512

/** A table held in memory. */
export function memoryRows(data: Float32Array, width: number): RowTable {
  return {
    count: data.length / width,
    width,
    read: (from, to) => data.subarray(from * width, to * width),
    gather: (rows) => {
      const out = new Float32Array(rows.length * width)
      rows.forEach((row, i) => out.set(data.subarray(row * width, (row + 1) * width), i * width))
      return out
    },
  }
}

/** Part of a table, as a table. */
export function selectRows(table: RowTable, rows: Int32Array): RowTable {
  return {
    count: rows.length,
    width: table.width,
    read: (from, to) => table.gather(rows.subarray(from, to)),
    gather: wanted => table.gather(wanted.map(i => rows[i]!)),
  }
}

/** Calls `use` with successive blocks of the table. */
export function eachBlock(table: RowTable, use: (rows: Float32Array, count: number, from: number) => void, block = blockRows): void {
  for (let from = 0; from < table.count; from += block) {
    const to = Math.min(table.count, from + block)
    use(table.read(from, to), to - from, from)
  }
}

/** Place of each sample's row in a pack. */
function packRows(pack: Embeddings, { source, indexes }: SourceFaces): Int32Array {
  // by sample: a Map of millions would take as much memory as many columns
  const places = new Int32Array(pack.indexes.reduce((most, sample) => Math.max(most, sample + 1), 0)).fill(-1)
  pack.indexes.forEach((sample, row) => { places[sample] = row })
  return indexes.map((sample) => {
    const row = places[sample] ?? -1
    if (row < 0)
      throw new FacetError('conflict', `sample ${sample} has a face but no embedding.`, { where: source.embeddings ?? source.name, hint: 'Embed the data set again.' })
    return row
  })
}

/** Reads rows of a pack by blocks and keeps the newest ones, so that neighbouring rows cost one read. */
function cachedRows(pack: Embeddings, names: string[], budgetBytes: number): (row: number) => Float32Array {
  const blocks = new Map<number, Float32Array>()
  const width = names.reduce((sum, name) => sum + pack.teachers.find(teacher => teacher.name === name)!.dimension, 0)
  const most = Math.max(1, Math.floor(budgetBytes / (blockRows * width * 4)))
  return (row) => {
    const number = Math.floor(row / blockRows)
    let block = blocks.get(number)
    if (!block) {
      block = pack.readRows(names, number * blockRows, Math.min(pack.indexes.length, (number + 1) * blockRows))
      if (blocks.size >= most)
        blocks.delete(blocks.keys().next().value!)
      blocks.set(number, block)
    }
    const at = (row % blockRows) * width
    return block.subarray(at, at + width)
  }
}

/**
 * Opens the embeddings of chosen faces. Packs are read block by block; at most `memoryBytes` of blocks stay in memory.
 *
 * @param faces     which faces, by source
 * @param teachers  columns, in this order; every pack must hold them with the same dimensions
 * @param options   limits
 * @param options.memoryBytes  for the blocks of all packs together
 */
export function embeddingRows(faces: readonly SourceFaces[], teachers: string[], { memoryBytes = 2 ** 31 } = {}): EmbeddingRows {
  const packs = faces.map(({ source }) => {
    if (!source.embeddings)
      throw new FacetError('internal', `internal: data set "${source.name}" came without embeddings`)
    return openEmbeddings(source.embeddings)
  })
  const columns = teachers.map((name) => {
    const dimensions = new Set(packs.map(pack => pack.teachers.find(teacher => teacher.name === name)?.dimension))
    const [dimension] = dimensions
    if (dimensions.size !== 1 || dimension === undefined)
      throw new FacetError('conflict', `the embeddings of teacher "${name}" have ${[...dimensions].map(each => each ?? 'no').join(' and ')} numbers in different data sets.`, { hint: 'Embed all data sets with the same teachers.' })
    return { name, dimension }
  })
  const width = columns.reduce((sum, { dimension }) => sum + dimension, 0)
  const readers = packs.map(pack => cachedRows(pack, teachers, memoryBytes / packs.length))
  const places = packs.map((pack, i) => packRows(pack, faces[i]!))
  const starts: number[] = []
  let count = 0
  for (const rows of places) {
    starts.push(count)
    count += rows.length
  }
  const copyRow = (row: number, out: Float32Array, at: number): void => {
    const source = starts.findLastIndex(start => start <= row)
    out.set(readers[source]!(places[source]![row - starts[source]!]!), at)
  }
  const gather = (rows: Int32Array): Float32Array => {
    const out = new Float32Array(rows.length * width)
    rows.forEach((row, i) => copyRow(row, out, i * width))
    return out
  }
  return {
    count,
    width,
    teachers: columns,
    gather,
    read: (from, to) => gather(Int32Array.from({ length: to - from }, (_, i) => from + i)),
    close: () => packs.forEach(pack => pack.close()),
  }
}
