import type { NodeView } from '#shared/teacher-views.ts'
import type { NodeRef } from '#worker/engine/graph.ts'
import type { GraphNode, TfjsModel } from './tfjs-model.ts'
import { FacetError } from '#shared/errors.ts'
import { attr, GraphBuilder } from '#worker/engine/graph.ts'
import { importGraphModel } from './graph-model.ts'
import { neededNodes, parseInput } from './model-nodes.ts'

/** Pictures in the trial run. Not 1 or 2: a first side of 3 tells the batch from other sides. */
const trialBatch = 3
/** Numbers that make a plausible embedding: fewer are classes, more a whole map. */
const [leastNumbers, mostNumbers] = [48, 8192]
/** Largest map whose mean is offered. */
const largestMap = 40
const mostSuggested = 8

/** Side and channels of the picture that a graph takes; null where it takes any. */
export function inputOf(model: TfjsModel): { size: number | null, channels: number | null } {
  const placeholder = [...model.nodes.values()].find(({ op }) => op === 'Placeholder')
  const shape = placeholder?.attr.shape?.shape as { dim?: { size: string }[] } | undefined
  const dims = (shape?.dim ?? []).map(({ size }) => Number(size))
  if (dims.length !== 4)
    return { size: null, channels: null }
  return {
    size: dims[1]! > 0
      ? dims[1]!
      : null,
    channels: dims[3]! > 0
      ? dims[3]!
      : null,
  }
}

/**
 * The nodes of a graph model that give numbers per face, with their shapes: found by running it once on grey pictures.
 *
 * @param model     as readTfjsModel gives it
 * @param size      side of the pictures
 * @param channels  3, or 1 for gray
 * @throws FacetError where the graph has an op that TensorFlow lacks, or does not take such a picture
 */
export function graphNodes(model: TfjsModel, size: number, channels: number): NodeView[] {
  const candidates = floatNodes(model)
  const shapes = shapesOf(model, candidates.map(({ name }) => name), size, channels)
  const views = candidates.flatMap(({ name, op }, i): NodeView[] => {
    const [batch, ...shape] = shapes[i]!
    return batch === trialBatch && shape.length > 0
      ? [viewOf(name, op, shape)]
      : []
  })
  return suggest(views)
}

/** A node as the list shows it, with how it becomes one row of numbers per face. */
export function viewOf(name: string, op: string, shape: number[] | null): NodeView {
  const isMap = shape?.length === 3
  return {
    name,
    op,
    shape,
    dimension: shape && (shape.length === 1 || isMap)
      ? shape.at(-1)!
      : null,
    pool: isMap
      ? 'average'
      : 'none',
    suggested: false,
  }
}

/** Marks the last few that look like an embedding: rows of numbers, and the smallest maps before them. */
export function suggest(views: NodeView[]): NodeView[] {
  const plausible = views.filter(({ dimension, shape }) => dimension !== null && dimension >= leastNumbers && dimension <= mostNumbers && (shape!.length === 1 || shape![0]! <= largestMap))
  const rows = plausible.filter(({ shape }) => shape!.length === 1)
  const maps = plausible.filter(({ shape, op }) => shape!.length === 3 && !/^(?:Identity|Reshape|Pad|Conv|Depthwise|Fused)/.test(op))
  const chosen = new Set([
    ...rows.slice(-mostSuggested / 2),
    ...maps.slice(-mostSuggested / 2),
  ])
  return views.map(view => ({ ...view, suggested: chosen.has(view) }))
}

/** Nodes with float output that depend on the input, in the graph's order. */
export function floatNodes(model: TfjsModel): GraphNode[] {
  const batched = new Set<string>()
  return neededNodes(model, [...model.nodes.keys()]).filter((node) => {
    const isBatched = node.op === 'Placeholder' || node.input.some(input => batched.has(parseInput(input).name))
    if (isBatched)
      batched.add(node.name)
    return isBatched && node.op !== 'Placeholder' && (node.attr.T?.type ?? 'DT_FLOAT') === 'DT_FLOAT' && !/^(?:Shape|Size|Rank|NonMaxSuppression.*|ArgMax|TopKV2|Where|Cast|Greater|Less|Equal)/.test(node.op)
  })
}

function shapesOf(model: TfjsModel, names: string[], size: number, channels: number): number[][] {
  if (names.length === 0)
    throw new FacetError('bad-input', 'No node of the graph depends on its input.', { where: model.path })
  const builder = new GraphBuilder()
  const input = builder.placeholder('input', [-1, size, size, channels], 'float32')
  const outputs = importGraphModel(builder, model, { input, outputs: names, weights: 'constant', prefix: 'model' })
  const shapes = outputs.map((ref: NodeRef) => builder.op('Shape', [ref], { T: attr.type('float32'), out_type: attr.type('int32') }))
  const session = builder.load()
  try {
    const fed = { dtype: 'float32' as const, shape: [trialBatch, size, size, channels], data: new Float32Array(trialBatch * size * size * channels).fill(0.5) }
    return session.compute({ input: fed }, shapes.map(({ node }) => node)).map(({ data }) => [...data as Int32Array])
  }
  catch (error) {
    throw new FacetError('bad-input', `The graph does not take pictures of ${size} x ${size} x ${channels}: ${error instanceof Error
      ? error.message.split('\n')[0]
      : String(error)}`, { where: model.path, hint: 'Give the side that the model was made for.', cause: error })
  }
  finally {
    session.dispose()
  }
}
