import type { ExportFaces } from '#shared/export-request.ts'
import type { ExportLoss, ExportWeights } from '#shared/export.ts'
import type { Label } from '#shared/scores.ts'
import type { HeadTarget } from '../models/head.ts'
import type { PortableGraph } from './portable-graph.ts'
import { packAttributes } from '#shared/attributes.ts'
import { FacetError } from '#shared/errors.ts'
import { metricOf, scoreOf } from '#shared/scores.ts'
import { mean } from '#shared/statistics.ts'
import { dtypeCodes } from '#worker/engine/dtypes.ts'
import { Session } from '#worker/engine/session.ts'
import { createLoader } from '#worker/faces/loader.ts'
import { facesShape } from './portable-graph.ts'
import { tensorFlowNodes } from './saved-model.ts'

const batch = 32

/** A graph ready to run: outputs by name, of u8 [n, side, side, 3]. */
export interface RunningGraph { run: (faces: Uint8Array) => Record<string, Float32Array>, dispose: () => void }

/** Loads a graph into the engine, weights as they are stored. */
export function openGraph(graph: PortableGraph): RunningGraph {
  const session = new Session(tensorFlowNodes(graph), new Map([['faces', { shape: facesShape(graph), dtype: dtypeCodes.uint8 }]]), new Map())
  const names = graph.outputs.map(({ name }) => name)
  return {
    run: (faces) => {
      const count = faces.length / (graph.side ** 2 * 3)
      const values = session.compute({ faces: { dtype: 'uint8', shape: [count, graph.side, graph.side, 3], data: faces } }, names)
      return Object.fromEntries(names.map((name, i) => [name, values[i]!.data as Float32Array]))
    },
    dispose: () => session.dispose(),
  }
}

/**
 * What stored weights cost: both graphs run over the same faces. All formats hold the same numbers, so one measurement is of all.
 * @throws FacetError where there are no faces to measure on: a loss that nobody knows is not exported
 */
export async function measureLoss({ exact, stored, weights, target, faces }: { exact: PortableGraph, stored: PortableGraph, weights: ExportWeights, target: HeadTarget | null, faces: ExportFaces | null }): Promise<ExportLoss> {
  if (!faces || faces.packs.every(({ indexes }) => indexes.length === 0))
    throw new FacetError('not-found', `The loss by ${weights} weights cannot be measured: the run's faces are not there any more.`, { hint: 'Export with --weights float32, or compute the faces again: facet run RECIPE.' })
  const graphs = [openGraph(exact), openGraph(stored)] as const
  const loader = createLoader({ faces: faces.packs.map(({ pack, indexes }) => ({ pack, indexes: Int32Array.from(indexes) })), size: exact.side, batch })
  const cosines: number[] = []
  const answers: [Label[], Label[]] = [[], []]
  try {
    for await (const { data } of loader.sequential()) {
      const [before, after] = graphs.map(graph => graph.run(data)) as [Record<string, Float32Array>, Record<string, Float32Array>]
      cosines.push(...rowCosines(before.embedding!, after.embedding!, exact.outputs[0]!.shape[1]!))
      if (target) {
        answers[0].push(...answersOf(before, target))
        answers[1].push(...answersOf(after, target))
      }
    }
  }
  finally {
    await loader.close()
    graphs.forEach(graph => graph.dispose())
  }
  return {
    weights,
    faces: cosines.length,
    of: faces.of,
    cosine: { mean: mean(cosines), lowest: cosines.reduce((a, b) => Math.min(a, b)) },
    metric: faces.answers && target ? compare(faces.answers, answers) : null,
  }
}

function rowCosines(a: Float32Array, b: Float32Array, width: number): number[] {
  return Array.from({ length: a.length / width }, (_, row) => {
    let [product, left, right] = [0, 0, 0]
    for (let i = row * width; i < (row + 1) * width; i++) {
      product += a[i]! * b[i]!
      left += a[i]! ** 2
      right += b[i]! ** 2
    }
    return left * right > 0 ? product / Math.sqrt(left * right) : 0
  })
}

/** What is answered for each face, as labels are written. */
function answersOf(outputs: Record<string, Float32Array>, { kind, outputs: width }: HeadTarget): Label[] {
  if (kind === 'regression')
    return [...outputs.value!]
  const all = outputs.probabilities!
  return Array.from({ length: all.length / width }, (_, row) => {
    const own = all.subarray(row * width, (row + 1) * width)
    return kind === 'attributes'
      ? packAttributes(Array.from(own, probability => probability > 0.5))
      : own.indexOf(Math.max(...own))
  })
}

function compare({ task, labels }: NonNullable<ExportFaces['answers']>, [before, after]: [Label[], Label[]]): NonNullable<ExportLoss['metric']> {
  const score = (answers: Label[]): number => mean(answers.map((prediction, i) => scoreOf(task, { label: labels[i]!, prediction })))
  const moved = before.map((answer, i) => task.kind === 'regression'
    ? Math.abs(Number(answer) - Number(after[i]))
    : 100 * Number(answer !== after[i]))
  return { name: metricOf(task.kind).metric, before: score(before), after: score(after), moved: mean(moved) }
}
