import type { ExportFaces } from '#shared/export-request.ts'
import type { Order } from '#shared/order.ts'
import type { RunRow } from '../workspace/runs.ts'
import { existsSync } from 'node:fs'
import { isHeldOut } from '#shared/dataset.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { openFaces } from '#shared/files/faces.ts'
import { readAnswers } from '../tables/answers.ts'

/** More faces than this tell no more about a cosine of .999. */
const most = 2000
/** Faces of one data set, be they millions, that are asked whether they were learnt from. */
const looked = 20_000

type Source = Order['sources'][number]

/**
 * Faces on which an exported model is compared with its own float32 form: what a transfer answered for in its test, with the labels;
 * of a student those that no learning without labels saw, or, where there are none, those it learnt from. At most 2,000, evenly.
 */
export function facesToMeasure(run: Pick<RunRow, 'stage' | 'state' | 'config' | 'work_order'>, sources: readonly Source[]): ExportFaces | null {
  return run.stage === 'transfer'
    ? ofTransfer(run, sources[0]!)
    : ofStudent(sources)
}

function ofTransfer(run: Parameters<typeof readAnswers>[0], { dataset, faces, name }: Source): ExportFaces | null {
  const tested = readAnswers(run)
  if (!tested || faces === null || !existsSync(faces))
    return null
  const answers = evenly(tested.answers.filter(({ found }) => found), most)
  const pack = openDataset(dataset)
  const indexes = pack.indexesOf(answers.map(({ path }) => path))
  pack.close()
  const isFolded = tested.task.protocol === 'subjects'
  return {
    of: isFolded ? `of ${name}, most of which this model, the first of its folds, learnt from` : `of the test split of ${name}`,
    packs: [{ pack: faces, indexes: answers.map(({ path }) => indexes.get(path)!) }],
    answers: { task: tested.task, labels: answers.map(({ label }) => label) },
  }
}

function ofStudent(sources: readonly Source[]): ExportFaces | null {
  const packs = sources.flatMap(({ dataset, faces }) => faces !== null && existsSync(faces) ? [{ pack: faces, ...foundFaces(dataset, faces) }] : [])
  const hasHeldOut = packs.some(({ heldOut }) => heldOut.length > 0)
  const chosen = evenly(packs.flatMap(({ pack, all, heldOut }) => (hasHeldOut ? heldOut : all).map(index => ({ pack, index }))), most)
  return chosen.length === 0
    ? null
    : {
        of: hasHeldOut ? 'that it did not learn from' : 'that it learnt from, for there are no others',
        packs: [...Map.groupBy(chosen, ({ pack }) => pack)].map(([pack, faces]) => ({ pack, indexes: faces.map(({ index }) => index) })),
        answers: null,
      }
}

function foundFaces(dataset: string, faces: string): { all: number[], heldOut: number[] } {
  const [pack, found] = [openDataset(dataset), openFaces(faces)]
  try {
    const all = evenly([...found.indexes], looked)
    return { all, heldOut: all.filter(index => isHeldOut(pack.sample(index))) }
  }
  finally {
    pack.close()
    found.close()
  }
}

/** At most so many of a list, evenly over it. */
function evenly<T>(all: readonly T[], most: number): T[] {
  return all.length <= most ? [...all] : Array.from({ length: most }, (_, i) => all[Math.floor(i * all.length / most)]!)
}
