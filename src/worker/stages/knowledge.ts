import type { Pair, Sample, Task } from '#shared/dataset.ts'
import type { Order, OrderSource } from '#shared/order.ts'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { openEmbeddings } from '#shared/files/embeddings.ts'
import { openFaces } from '#shared/files/faces.ts'
import { suggestName } from '#shared/nearest.ts'

/** One knowledge as a run gets it. `found`: indexes of the samples with a face. */
export interface Knowledge { source: OrderSource, samples: Sample[], pairs: Pair[], task: Task, found: Int32Array }

/** Reads samples, pairs and the task of this name of a run's one data set. @throws FacetError where the data set has no such task */
export function openKnowledge(order: Pick<Order, 'sources' | 'stage'>, name: string): Knowledge {
  const [source, ...others] = order.sources
  if (!source || others.length > 0)
    throw new FacetError('internal', `internal: a ${order.stage} run came with ${order.sources.length} data sets instead of one`)
  return readKnowledge(source, name)
}

/** The same of a given data set, with the content hash of each photograph. */
export function readKnowledge(source: OrderSource, name: string): Knowledge & { hashes: string[] } {
  const dataset = openDataset(source.dataset)
  const samples = dataset.samples()
  const pairs = dataset.pairs()
  const hashes = dataset.hashes()
  dataset.close()
  const task = dataset.meta.tasks[name]
  if (!task) {
    throw new FacetError('bad-input', `data set "${source.name}" has no task "${name}".`, {
      hint: suggestName(name, Object.keys(dataset.meta.tasks)),
    })
  }
  const found = foundOf(source)
  return { source, samples, pairs, task, found, hashes }
}

/** Sample indexes of found faces. */
function foundOf(source: OrderSource): Int32Array {
  const file = source.faces ?? source.embeddings
  if (!file)
    throw new FacetError('internal', `internal: data set "${source.name}" came with neither faces nor embeddings`)
  const pack = source.faces
    ? openFaces(file)
    : openEmbeddings(file)
  pack.close()
  return pack.indexes
}
