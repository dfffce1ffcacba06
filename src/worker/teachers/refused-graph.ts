import type { Attribute, FunctionName, GraphFunction, Library, MetaGraph, Node } from './meta-graph.ts'
import { Buffer } from 'node:buffer'
import { FacetError } from '#shared/errors.ts'
import { pairs } from './meta-graph.ts'
import { parseInput } from './model-nodes.ts'
import { refuseUnsafeOps } from './refused-ops.ts'

/** Ops that write files, of which each SavedModel's own saver holds some; Facet never runs a saver. */
const saverOps = new Set(['SaveV2', 'MergeV2Checkpoints'])

/**
 * Refuses a SavedModel with an op that reaches outside the graph, and one in which a saver's op would run: with an output of a
 * signature, when the model is loaded, or with the node that is asked for.
 */
export function refuseUnsafeGraph({ signatures, definition, startsWith }: MetaGraph, where: string, asked?: string): void {
  const functions = definition.getLibrary()?.getFunctionList() ?? []
  refuseUnsafeOps([...definition.getNodeList(), ...functions.flatMap(each => each.getNodeDefList())].map(node => node.getOp()), where)
  const outputs = pairs(signatures).flatMap(([, signature]) => pairs(signature.getOutputsMap()).map(([, info]) => info.getName()))
  const saver = nodesBehind(definition, [...outputs, ...startsWith, ...asked === undefined ? [] : [asked]]).find(node => saverOps.has(node.getOp()))
  if (saver)
    throw new FacetError('bad-input', `the model writes a file when it runs: its outputs or its initialiser lead to the op "${saver.getOp()}" (node "${saver.getName()}"); a teacher may not.`, { where, hint: 'Export the model again for serving: only its saver may hold this op.' })
}

/** All nodes that run with those of some names: those that they rest on, and the whole bodies of functions that these call, since what has an effect there runs in any case. */
function nodesBehind(definition: MetaGraph['definition'], names: readonly string[]): Node[] {
  const nodes = new Map(definition.getNodeList().map(node => [node.getName(), node]))
  const reached = new Set<Node>()
  const stack = [...names]
  while (stack.length > 0) {
    const node = nodes.get(parseInput(stack.pop()!).name)
    if (!node || reached.has(node))
      continue
    reached.add(node)
    for (const input of node.getInputList())
      stack.push(input)
  }
  return [...reached, ...bodiesBehind(definition.getLibrary(), [...reached].flatMap(callsOf))]
}

/** The bodies of functions and of those that they call, their gradients and those that TensorFlow may put in their place. */
function bodiesBehind(library: Library | undefined, calls: string[]): Node[] {
  const functions = Map.groupBy(library?.getFunctionList() ?? [], each => each.getSignature()?.getName() ?? '')
  const byInterface = Map.groupBy(library?.getFunctionList() ?? [], interfaceOf)
  const gradients = Map.groupBy(library?.getGradientList() ?? [], each => each.getFunctionName())
  const called = new Set<string>()
  const bodies: Node[] = []
  while (calls.length > 0) {
    const name = calls.pop()!
    if (called.has(name))
      continue
    called.add(name)
    for (const gradient of gradients.get(name) ?? [])
      calls.push(gradient.getGradientFunc())
    for (const each of functions.get(name) ?? []) {
      const offered = interfaceOf(each)
      if (offered !== null) {
        for (const twin of byInterface.get(offered) ?? [])
          calls.push(twin.getSignature()?.getName() ?? '')
        byInterface.delete(offered) // once: all that offer the same bring the same
      }
      for (const node of each.getNodeDefList()) {
        bodies.push(node)
        for (const call of callsOf(node))
          calls.push(call)
      }
    }
  }
  return bodies
}

/** What a function says that it computes; TensorFlow exchanges functions that say the same, as the device has it. */
function interfaceOf(each: GraphFunction): string | null {
  const text = each.getAttrMap().get('api_implements')?.getS_asU8()
  return text === undefined ? null : Buffer.from(text).toString('latin1')
}

/** Names of functions that a node may call: a function can be an op itself, or stand in any of its attributes. */
function callsOf(node: Node): string[] {
  return [node.getOp(), ...pairs(node.getAttrMap()).flatMap(([, attribute]) => namesIn(attribute))]
}

function namesIn(attribute: Attribute): string[] {
  const named = [attribute.getFunc(), ...attribute.getList()?.getFuncList() ?? []].filter((each): each is FunctionName => each !== undefined)
  return named.flatMap(each => [each.getName(), ...pairs(each.getAttrMap()).flatMap(([, inner]) => namesIn(inner))])
}
