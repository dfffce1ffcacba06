import type { NamedArray } from '#shared/files/safetensors.ts'
import type { InspectInput } from '#shared/inspect.ts'
import type { ArtefactComparison } from '#shared/reproduction.ts'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openEmbeddings } from '#shared/files/embeddings.ts'
import { openFaces } from '#shared/files/faces.ts'
import { readSafetensors } from '#shared/files/safetensors.ts'

type Numbers = NamedArray['data']
type Difference = ArtefactComparison['numbers'][number]

/** Rows of embeddings compared at once. */
const blockRows = 512
/** Differences that are told, of each kind. */
const told = 20

/** Compares two sealed artefacts of one kind by what is in them; `again` is measured against `sealed`. */
export async function compareArtefacts({ kind, sealed, again }: InspectInput<'compareArtefacts'>): Promise<ArtefactComparison> {
  switch (kind) {
    case 'faces': return compareFaces(sealed, again)
    case 'embeddings': return compareEmbeddings(sealed, again)
    case 'model': return compareModels(sealed, again)
    default: return kind satisfies never
  }
}

/** Running comparison of one array that may come in blocks. */
class ArrayMeter {
  readonly name: string
  #count = 0
  #of = 0
  #largest = 0
  #magnitude = 0
  #isUndefined = false

  constructor(name: string) {
    this.name = name
  }

  add(sealed: Numbers, again: Numbers): void {
    const [bits, otherBits] = [bitsOf(sealed), bitsOf(again)]
    this.#of += sealed.length
    for (let i = 0; i < sealed.length; i++) {
      const magnitude = Math.abs(sealed[i]!)
      if (magnitude > this.#magnitude)
        this.#magnitude = magnitude
      if (bits[i] === otherBits[i])
        continue
      this.#count++
      const difference = Math.abs(sealed[i]! - again[i]!)
      if (Number.isNaN(difference))
        this.#isUndefined = true
      else if (difference > this.#largest)
        this.#largest = difference
    }
  }

  /** null where all bits are the same. */
  result(): Difference | null {
    if (this.#count === 0)
      return null
    const isNumber = !this.#isUndefined && Number.isFinite(this.#largest)
    return {
      name: this.name,
      count: this.#count,
      of: this.#of,
      largest: isNumber ? this.#largest : null,
      relative: isNumber && this.#magnitude > 0 ? this.#largest / this.#magnitude : null,
    }
  }
}

function bitsOf(data: Numbers): Int32Array | Uint8Array {
  return data instanceof Float32Array ? new Int32Array(data.buffer, data.byteOffset, data.length) : data
}

function summarise(meters: readonly ArrayMeter[], others: string[]): ArtefactComparison {
  const numbers = meters.flatMap(meter => meter.result() ?? []).sort((a, b) => (b.relative ?? Infinity) - (a.relative ?? Infinity))
  return { isSame: numbers.length === 0 && others.length === 0, tensors: meters.length, numbers: numbers.slice(0, told), others: others.slice(0, told) }
}

/** A model folder: tensors number by number, manifest and predictions line by line, anything else byte by byte. */
function compareModels(sealed: string, again: string): ArtefactComparison {
  const others: string[] = []
  const meters: ArrayMeter[] = []
  const [own, other] = [readdirSync(sealed).sort(), readdirSync(again).sort()]
  for (const name of new Set([...own, ...other])) {
    if (!own.includes(name) || !other.includes(name))
      others.push(`${name} is only in the ${own.includes(name) ? 'sealed one' : 'repetition'}`)
    else if (name.endsWith('.safetensors'))
      compareTensors(join(sealed, name), join(again, name), meters, others)
    else
      compareFiles(name, join(sealed, name), join(again, name), others)
  }
  return summarise(meters, others)
}

function compareTensors(sealed: string, again: string, meters: ArrayMeter[], others: string[]): void {
  const [a, b] = [readSafetensors(sealed).tensors, readSafetensors(again).tensors]
  for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [own, other] = [a[name], b[name]]
    if (!own || !other) {
      others.push(`tensor ${name} is only in the ${own ? 'sealed one' : 'repetition'}`)
    }
    else if (own.dtype !== other.dtype || own.shape.join() !== other.shape.join()) {
      others.push(`tensor ${name} is ${own.dtype} [${own.shape}], in the repetition ${other.dtype} [${other.shape}]`)
    }
    else {
      const meter = new ArrayMeter(name)
      meter.add(own.data, other.data)
      meters.push(meter)
    }
  }
}

function compareFiles(name: string, sealed: string, again: string, others: string[]): void {
  const [a, b] = [readFileSync(sealed), readFileSync(again)]
  if (a.equals(b))
    return
  if (!/\.(?:csv|json)$/.test(name)) {
    others.push(`${name} differs`)
    return
  }
  const [lines, otherLines] = [a.toString('utf8').split('\n'), b.toString('utf8').split('\n')]
  const count = Math.max(lines.length, otherLines.length)
  const differing = Array.from({ length: count }, (_, i) => i).filter(i => lines[i] !== otherLines[i]).length
  others.push(`${name}: ${differing} of ${count} lines differ`)
}

function compareEmbeddings(sealed: string, again: string): ArtefactComparison {
  const [a, b] = [openEmbeddings(sealed), openEmbeddings(again)]
  try {
    const others: string[] = []
    if (JSON.stringify(a.teachers) !== JSON.stringify(b.teachers) || JSON.stringify(a.meta) !== JSON.stringify(b.meta))
      others.push('the teachers are others')
    if (a.indexes.length !== b.indexes.length || a.indexes.some((index, row) => index !== b.indexes[row]))
      others.push(`the faces are others: ${a.indexes.length} and ${b.indexes.length}`)
    if (others.length > 0)
      return summarise([], others)
    const meters = a.teachers.flatMap(({ name }) => {
      const rows = new ArrayMeter(name)
      for (let from = 0; from < a.indexes.length; from += blockRows) {
        const to = Math.min(from + blockRows, a.indexes.length)
        rows.add(a.readRows([name], from, to), b.readRows([name], from, to))
      }
      return [rows, ...(['mean', 'std'] as const).map((part) => {
        const meter = new ArrayMeter(`${part} of ${name}`)
        meter.add(a.statistics[name]![part], b.statistics[name]![part])
        return meter
      })]
    })
    return summarise(meters, others)
  }
  finally {
    a.close()
    b.close()
  }
}

function compareFaces(sealed: string, again: string): ArtefactComparison {
  const [a, b] = [openFaces(sealed), openFaces(again)]
  try {
    const others: string[] = []
    if (JSON.stringify(a.meta) !== JSON.stringify(b.meta)) {
      others.push(`the packs are of other settings: ${JSON.stringify(a.meta)} and ${JSON.stringify(b.meta)}`)
      return summarise([], others)
    }
    const counts = { status: 0, place: 0, picture: 0 }
    for (let index = 0; index < a.count; index++) {
      const [own, other] = [a.status(index), b.status(index)]
      if (own.status !== other.status)
        counts.status++
      else if (JSON.stringify(own) !== JSON.stringify(other))
        counts.place++
      else if (own.status === 'found' && !a.read(index).equals(b.read(index)))
        counts.picture++
    }
    const words = { status: 'are found in one of the two only', place: 'were found at another place or score', picture: 'have other pixels' }
    for (const [name, count] of Object.entries(counts) as [keyof typeof counts, number][]) {
      if (count > 0)
        others.push(`${count} of ${a.count} faces ${words[name]}`)
    }
    return summarise([], others)
  }
  finally {
    a.close()
    b.close()
  }
}
