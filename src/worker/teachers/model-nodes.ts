import type { GraphNode, TfjsModel } from './tfjs-model.ts'
import { FacetError } from '#shared/errors.ts'
import { decodeText } from './node-attributes.ts'

/** `name`, output index and whether it only orders (`^name`). */
export function parseInput(input: string): { name: string, index: number, control: boolean } {
  const control = input.startsWith('^')
  const [name, index] = input.slice(control
    ? 1
    : 0).split(':')
  return {
    name: name!,
    index: Number(index ?? 0),
    control,
  }
}

/** The names of a model's nodes that compute something, in the graph's order. */
function nodeNames(model: TfjsModel): string[] {
  return [
    ...model.nodes.values(),
  ].filter(({ op }) => op !== 'Const' && op !== 'Placeholder').map(({ name }) => name)
}

/** The node, or the sentence that says which nodes there are. */
export function findNode(model: TfjsModel, name: string): GraphNode {
  const node = model.nodes.get(name)
  if (node)
    return node
  const names = nodeNames(model)
  throw new FacetError('bad-input', `the graph has no node "${name}".`, { where: model.path, hint: `It has ${names.length} nodes, ending with ${names.slice(-20).join(', ')}.` })
}

/** The operations `fused_ops` names, e.g. BiasAdd, Relu. */
export function fusedOps(node: GraphNode): string[] {
  const list = (node.attr.fused_ops?.list ?? {}) as { s?: string[] }
  return (list.s ?? []).map(decodeText)
}

/**
 * The nodes that outputs rest on, each after those it reads. Iterative: a deep network must not exhaust the stack.
 * Throws a FacetError for a node that is not there or reads itself.
 */
export function neededNodes(model: TfjsModel, outputs: readonly string[]): GraphNode[] {
  const order = new Map<string, GraphNode>()
  const stack = outputs.map(output => parseInput(output).name)
  // On the stack lie the inputs of different nodes, unless some node comes round again.
  const most = outputs.length + [
    ...model.nodes.values(),
  ].reduce((sum, { input }) => sum + input.length, 0)
  while (stack.length > 0) {
    const node = findNode(model, stack.at(-1)!)
    const missing = node.input.map(input => parseInput(input).name).filter(name => !order.has(name))
    if (missing.length === 0 || order.has(node.name)) {
      order.set(node.name, node)
      stack.pop()
    }
    else if (stack.length > most) {
      throw new FacetError('bad-input', `node "${node.name}" depends on itself.`, { where: model.path })
    }
    else {
      stack.push(...missing)
    }
  }
  return [
    ...order.values(),
  ]
}
