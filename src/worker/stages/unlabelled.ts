import type { Sample } from '#shared/dataset.ts'
import type { OrderSource } from '#shared/order.ts'
import type { NearCopy } from './near-copies.ts'
import { createHash } from 'node:crypto'
import { isHeldOut } from '#shared/dataset.ts'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { openEmbeddings } from '#shared/files/embeddings.ts'
import { openFaces } from '#shared/files/faces.ts'
import { findNearCopies } from './near-copies.ts'

/** Faces of one data set, by sample index, ascending. */
export interface SourceFaces { source: OrderSource, indexes: Int32Array, hashes: string[] }

/** What combiner and student learn from, and what they are measured on. */
export interface UnlabelledFaces {
  /** Found faces of the `unlabelled` sources that may be shown to G and the student. */
  learn: SourceFaces[]
  /** Found faces of the same sources that neither of them sees: unseen or test. Validation faces are in neither. */
  unseen: SourceFaces[]
  /** Of the faces in `learn`: SHA-256 over their sorted content hashes. */
  fingerprint: string
  count: number
  /** Left out of `learn`: they show held-out photographs again. Empty where nobody asked. */
  nearCopies: NearCopy[]
}

/** One source with all that the choice rests on. */
export interface SourceSamples { source: OrderSource, samples: readonly Sample[], hashes: readonly string[], found: Int32Array }

/** Finds near copies among the faces that may be learnt from. */
type FindCopies = (learn: readonly SourceFaces[], sources: readonly SourceSamples[]) => NearCopy[]

/** Chooses the unlabelled faces of sources already read; a copy of a held-out photograph is held out too, whichever source it lies in. */
export function chooseUnlabelled(sources: readonly SourceSamples[], findCopies: FindCopies = () => []): UnlabelledFaces {
  const heldOut = heldOutHashes(sources)
  const pick = (wanted: (sample: Sample, hash: string) => boolean): SourceFaces[] => sources.flatMap(({ source, samples, hashes, found }) => {
    const indexes = found.filter(index => source.unlabelled && wanted(samples[index]!, hashes[index]!))
    return indexes.length > 0
      ? [
          {
            source,
            indexes,
            hashes: [...indexes].map(index => hashes[index]!),
          },
        ]
      : []
  })
  const apart = pick((_, hash) => !heldOut.has(hash))
  const nearCopies = findCopies(apart, sources)
  const learn = withoutCopies(apart, nearCopies)
  const chosen = {
    learn,
    nearCopies,
    unseen: pick(sample => sample.unseen || sample.split === 'test'),
    fingerprint: fingerprintOf(learn),
    count: learn.reduce((sum, { indexes }) => sum + indexes.length, 0),
  }
  checkUnlabelled(chosen.learn, sources)
  return chosen
}

function withoutCopies(faces: SourceFaces[], copies: readonly NearCopy[]): SourceFaces[] {
  if (copies.length === 0)
    return faces
  const left = new Map([...Map.groupBy(copies, ({ source }) => source)].map(([name, own]) => [name, new Set(own.map(({ index }) => index))]))
  return faces.flatMap(({ source, indexes, hashes }) => {
    const out = left.get(source.name)
    const kept = [...indexes.keys()].filter(i => !out?.has(indexes[i]!))
    return kept.length > 0 ? [{ source, indexes: Int32Array.from(kept, i => indexes[i]!), hashes: kept.map(i => hashes[i]!) }] : []
  })
}

function heldOutHashes(sources: readonly SourceSamples[]): Set<string> {
  return new Set(sources.flatMap(({ samples, hashes }) => hashes.filter((_, i) => isHeldOut(samples[i]!))))
}

function fingerprintOf(faces: readonly SourceFaces[]): string {
  return createHash('sha256').update(faces.flatMap(({ hashes }) => hashes).sort().join('\n')).digest('hex')
}

/**
 * Stops a run that would learn from a face kept for validation or test, or from a copy of one: early stopping and every
 * figure after it would lie.
 * @throws FacetError `conflict` naming the photograph
 */
export function checkUnlabelled(learn: readonly SourceFaces[], sources: readonly SourceSamples[]): void {
  const heldOut = heldOutHashes(sources)
  for (const { source, indexes, hashes } of learn) {
    const { samples } = sources.find(each => each.source.name === source.name)!
    indexes.forEach((index, i) => {
      const sample = samples[index]!
      if (!isHeldOut(sample) && !heldOut.has(hashes[i]!))
        return
      const why = sample.unseen
        ? 'is marked unseen'
        : sample.split === 'train' || sample.split === null
          ? 'is a copy of a held-out photograph'
          : `belongs to the ${sample.split} split`
      throw new FacetError('conflict', `the unlabelled faces hold ${sample.path}, which ${why}.`, {
        where: source.name,
        hint: 'Leave validation, test and unseen photographs out of the unlabelled set.',
      })
    })
  }
}

/** Sample indexes with a found face: the rows of the embeddings pack, else those of the faces pack. */
function foundOf(source: OrderSource): Int32Array {
  if (source.embeddings) {
    const pack = openEmbeddings(source.embeddings)
    pack.close()
    return pack.indexes
  }
  if (!source.faces)
    throw new FacetError('internal', `internal: data set "${source.name}" came with neither faces nor embeddings`)
  const pack = openFaces(source.faces)
  const { indexes } = pack
  pack.close()
  return indexes
}

/**
 * Reads what an order's sources hold and chooses the unlabelled faces among them.
 * @param sources    those of the order
 * @param teachers   whose embeddings find near copies
 * @param nearCopies least mean cosine of a near copy; left out: none is looked for
 */
export function unlabelledFaces(sources: readonly OrderSource[], teachers: string[] = [], nearCopies?: number): UnlabelledFaces {
  const findCopies: FindCopies | undefined = nearCopies === undefined ? undefined : (learn, read) => findNearCopies(learn, read, { cosine: nearCopies, teachers })
  return chooseUnlabelled(sources.map((source) => {
    const dataset = openDataset(source.dataset)
    const samples = dataset.samples()
    const hashes = dataset.hashes()
    dataset.close()
    return {
      source,
      samples,
      hashes,
      found: source.unlabelled || source.embeddings
        ? foundOf(source)
        : new Int32Array(0),
    }
  }), findCopies)
}

/** Most near copies that a run's log names one by one. */
const namedCopies = 20

/** What is to be told of the faces that were left out, by name: contamination is shown. */
export function wordNearCopies({ nearCopies, count }: UnlabelledFaces): string[] {
  if (nearCopies.length === 0)
    return []
  const named = nearCopies.toSorted((a, b) => b.cosine - a.cosine).slice(0, namedCopies)
  return [
    `${nearCopies.length} of ${count + nearCopies.length} unlabelled faces show held-out photographs again and are left out${nearCopies.length > namedCopies ? `, the ${namedCopies} closest of them` : ''}:`,
    ...named.map(({ source, path, of, cosine }) => `${source}/${path} shows ${of} (cosine ${cosine.toFixed(3)})`),
  ]
}

/**
 * Sets aside about `part` of the unlabelled faces for validation: those with the smallest content hashes, so that the
 * choice depends on no seed and copies of a photograph stay on one side. Neither side is empty.
 * @returns positions among all faces of `learn`, in order
 * @throws FacetError `bad-input` where all faces are copies of one photograph
 */
export function validationPart(learn: readonly SourceFaces[], part = 0.0425): { train: Int32Array, validation: Int32Array } {
  const hashes = learn.flatMap(faces => faces.hashes)
  const wanted = Math.min(hashes.length - 1, Math.max(1, Math.round(hashes.length * part)))
  const ascending = hashes.toSorted()
  // copies of the first photograph may reach past the wanted place
  const limit = ascending[wanted] === ascending[0]
    ? ascending.find(hash => hash !== ascending[0])
    : ascending[wanted]
  if (limit === undefined)
    throw new FacetError('bad-input', `All ${hashes.length} unlabelled faces are copies of one photograph: none is left to choose the best weights on.`, { hint: 'Add other photographs to the unlabelled data sets.' })
  const all = Int32Array.from(hashes.keys())
  return {
    train: all.filter(i => hashes[i]! >= limit),
    validation: all.filter(i => hashes[i]! < limit),
  }
}
