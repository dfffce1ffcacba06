import type { Attributes, GraphBuilder, NodeRef } from '#worker/engine/graph.ts'
import type { GraphNode, TfjsModel, Weight } from './tfjs-model.ts'
import { FacetError } from '#shared/errors.ts'
import { attr } from '#worker/engine/graph.ts'
import { fusedOps, neededNodes, parseInput } from './model-nodes.ts'
import { attributeOf, attributesOf } from './node-attributes.ts'
import { refuseUnsafeOps } from './refused-ops.ts'
import { isPerChannel, scaledConvolutions, scaleFilter } from './scaled-convolutions.ts'
import { readTfjsModel } from './tfjs-model.ts'

export interface GraphModelOptions {
  /** What stands for the model's one placeholder, already normalised as the model wants it. */
  input: NodeRef
  /** Nodes wanted, `node` or `node:index`. */
  outputs: string[]
  /** constant: frozen, the runtime folds them. variable: float weights can be read and written as `<prefix>/<name>`; write `graphModelWeights` first. */
  weights: 'constant' | 'variable'
  /** Put before every node's name, so that several models fit into one graph. */
  prefix: string
}

const T = attr.type('float32')

/** tfjs's fused ops and what they are made of; the runtime fuses them again. */
const fused: Record<string, { base: string, keep: string[] }> = {
  _FusedConv2D: {
    base: 'Conv2D',
    keep: [
      'T',
      'strides',
      'padding',
      'data_format',
      'dilations',
      'explicit_paddings',
    ],
  },
  FusedDepthwiseConv2dNative: {
    base: 'DepthwiseConv2dNative',
    keep: [
      'T',
      'strides',
      'padding',
      'data_format',
      'dilations',
      'explicit_paddings',
    ],
  },
  _FusedMatMul: {
    base: 'MatMul',
    keep: ['T', 'transpose_a', 'transpose_b'],
  },
}

/** Re-emits one model's nodes into a builder, each once. */
class Importer {
  readonly #builder: GraphBuilder
  readonly #model: TfjsModel
  readonly #options: GraphModelOptions
  readonly #done = new Map<string, NodeRef>()
  /** Nodes that depend on the input and so carry the batch in their first dimension. */
  readonly #batched = new Set<string>()
  /** Convolutions that end with their bias, in two parts. */
  readonly #biased = new Map<string, { convolution: NodeRef, bias: NodeRef }>()
  /** How many nodes read each node. */
  readonly #readers = new Map<string, number>()
  /** Filters that take in the factor behind their convolution, by the convolution's name. */
  readonly #scaled = new Map<string, { filter: string, scale: string }>()
  /** The products that this leaves nothing to do, with their convolution. */
  readonly #absorbed = new Map<string, string>()

  constructor(builder: GraphBuilder, model: TfjsModel, options: GraphModelOptions) {
    this.#builder = builder
    this.#model = model
    this.#options = options
    for (const name of [
      ...model.nodes.values(),
    ].flatMap(node => node.input.map(input => parseInput(input).name)))
      this.#readers.set(name, (this.#readers.get(name) ?? 0) + 1)
    if (options.weights === 'variable')
      return
    for (const { convolution, product, filter, scale } of scaledConvolutions(model, options.outputs)) {
      this.#scaled.set(convolution, { filter, scale })
      this.#absorbed.set(product, convolution)
    }
  }

  /** The outputs, after all nodes they need. */
  run(outputs: readonly string[]): NodeRef[] {
    for (const node of neededNodes(this.#model, outputs))
      this.#done.set(node.name, this.#emit(node))
    return outputs.map((output) => {
      const { name, index } = parseInput(output)
      return { node: this.#done.get(name)!.node, index }
    })
  }

  #emit(node: GraphNode): NodeRef {
    if (node.op === 'Placeholder') {
      this.#batched.add(node.name)
      return this.#options.input
    }
    if (node.op === 'Const')
      return this.#constant(node.name)
    const parsed = node.input.map(parseInput)
    if (parsed.some(({ name }) => this.#batched.has(name)))
      this.#batched.add(node.name)
    const inputs = parsed.filter(({ control }) => !control).map(({ name, index }) => ({ node: this.#done.get(name)!.node, index }))
    // whatever type the model takes its pixels in, ours are float32 already
    if (node.op === 'Cast' && inputs[0]?.node === this.#options.input.node && node.attr.DstT?.type === 'DT_FLOAT')
      return this.#options.input
    const name = this.#name(node.name)
    if (this.#absorbed.has(node.name))
      return this.#done.get(this.#absorbed.get(node.name)!)!
    if (this.#scaled.has(node.name))
      inputs[1] = this.#scaledFilter(node.name)
    const split = fused[node.op]
    if (split)
      return this.#fused(node, split, inputs)
    if (node.op === 'Prelu')
      return this.#prelu(inputs[0]!, inputs[1]!, name)
    if ((node.op === 'Add' || node.op === 'AddV2') && this.#readers.get(node.name)! > 1) {
      const sunk = parsed.findIndex(each => this.#biased.has(each.name) && this.#readers.get(each.name) === 1)
      if (sunk >= 0)
        return this.#sumThenBias(node, inputs, sunk)
    }
    const clipped = this.#clippedAtSix(node)
    if (clipped)
      return this.#builder.op('Relu6', [clipped], { T }, 1, { name })
    if (this.#isBias(node)) {
      return this.#builder.op('BiasAdd', inputs, {
        T,
        data_format: attr.string('NHWC'),
      }, 1, { name })
    }
    if (node.op === 'Reshape' && this.#batched.has(node.name))
      inputs[1] = this.#batchedShape(node, inputs[0]!, inputs[1]!)
    return this.#builder.op(node.op, inputs, attributesOf(node), 1, { name })
  }

  /** What is clipped, where the node ends max(min(relu(x), 6), 0), which is relu6(x): TensorFlow fuses that one with the convolution before it. */
  #clippedAtSix({ op, input }: GraphNode): NodeRef | undefined {
    const lower = op === 'Maximum' && this.#isScalar(input[1]!, 0) && this.#nodeOf(input[0]!)
    if (!lower || lower.op !== 'Minimum' || !this.#isScalar(lower.input[1]!, 6))
      return undefined
    const inner = this.#nodeOf(lower.input[0]!)!
    const { name, index } = parseInput(inner.op === 'Relu'
      ? inner.input[0]!
      : lower.input[0]!)
    return { node: this.#done.get(name)!.node, index }
  }

  /** Whether a sum adds a bias to a convolution: under that name TensorFlow fuses the two. */
  #isBias({ op, input }: GraphNode): boolean {
    if (op !== 'Add' && op !== 'AddV2')
      return false
    const [x, bias] = input.map(each => this.#nodeOf(each)) as [GraphNode, GraphNode]
    const scaled = x.op === 'Mul'
      ? this.#nodeOf(x.input[0]!)!
      : x
    if (!['Conv2D', 'DepthwiseConv2dNative'].includes(scaled.op) || bias.op !== 'Const')
      return false
    const filter = this.#nodeOf(scaled.input[1]!)!
    return filter.op === 'Const' && isPerChannel(this.#model.weights.get(bias.name), this.#model.weights.get(filter.name), scaled.op)
  }

  #nodeOf(input: string): GraphNode | undefined {
    return this.#model.nodes.get(parseInput(input).name)
  }

  #isScalar(input: string, value: number): boolean {
    if (this.#nodeOf(input)?.op !== 'Const')
      return false
    const { shape, data } = this.#model.weights.get(parseInput(input).name)
    return shape.length === 0 && data[0] === value
  }

  #name(name: string): string {
    return `${this.#options.prefix}/${name}`
  }

  #constant(name: string): NodeRef {
    const weight = this.#model.weights.get(name)
    if (this.#options.weights === 'variable' && isTrainable(weight))
      return this.#builder.variable(this.#name(name), weight.shape).value
    return this.#builder.constant(weight.data, weight.shape, weight.bool
      ? 'bool'
      : weight.dtype, this.#name(name))
  }

  #scaledFilter(convolution: string): NodeRef {
    const { filter, scale } = this.#scaled.get(convolution)!
    const { weights } = this.#model
    return this.#builder.constant(scaleFilter(weights.get(filter), weights.get(scale)), weights.get(filter).shape, 'float32', `${this.#name(convolution)}/scaled`)
  }

  #fused(node: GraphNode, { base, keep }: { base: string, keep: string[] }, inputs: NodeRef[]): NodeRef {
    const name = this.#name(node.name)
    const operations = fusedOps(node)
    let current = this.#builder.op(base, inputs.slice(0, 2), attributesOf(node, keep), 1, { name: `${name}/${base}` })
    if (operations.join() === 'BiasAdd')
      this.#biased.set(node.name, { convolution: current, bias: inputs[2]! })
    let next = 2 // inputs after x and the filter belong to the fused operations in turn
    for (const operation of operations) {
      if (operation === 'BiasAdd') {
        current = this.#builder.op('BiasAdd', [current, inputs[next++]!], {
          T,
          data_format: attr.string('NHWC'),
        }, 1, { name: `${name}/BiasAdd` })
      }
      else if (operation === 'Prelu') {
        current = this.#prelu(current, inputs[next++]!, `${name}/Prelu`)
      }
      else if (operation === 'LeakyRelu') {
        current = this.#builder.op('LeakyRelu', [current], {
          T,
          ...leakyAlpha(node),
        }, 1, { name: `${name}/LeakyRelu` })
      }
      else {
        current = this.#builder.op(operation, [current], { T }, 1, { name: `${name}/${operation}` })
      }
    }
    return current
  }

  /**
   * (conv + bias) + y as (conv + y) + bias. TensorFlow's remapper fuses a convolution, its bias and a sum; where such a sum has several
   * readers and one of them is such a sum again, it breaks off with an error ("fanout exists for missing node") and fuses nothing at all.
   */
  #sumThenBias(node: GraphNode, inputs: NodeRef[], operand: number): NodeRef {
    const { convolution, bias } = this.#biased.get(parseInput(node.input[operand]!).name)!
    const summands = inputs.map((input, i) => i === operand
      ? convolution
      : input)
    const sum = this.#builder.op('AddV2', summands, { T }, 1, { name: `${this.#name(node.name)}/sum` })
    return this.#builder.op('BiasAdd', [sum, bias], {
      T,
      data_format: attr.string('NHWC'),
    }, 1, {
      name: this.#name(node.name),
    })
  }

  /** TensorFlow has no Prelu: relu(x) - alpha * relu(-x). */
  #prelu(x: NodeRef, alpha: NodeRef, name: string): NodeRef {
    const b = this.#builder
    const positive = b.op('Relu', [x], { T }, 1, { name: `${name}/positive` })
    const negative = b.op('Relu', [
      b.op('Neg', [x], { T }),
    ], { T }, 1, { name: `${name}/negative` })
    return b.op('Sub', [
      positive,
      b.op('Mul', [alpha, negative], { T }),
    ], { T }, 1, { name })
  }

  /** The target shape of a reshape with a leading 1, for any batch: models exported for one image hold their batch there. */
  #batchedShape(node: GraphNode, x: NodeRef, shape: NodeRef): NodeRef {
    const target = parseInput(node.input[1]!).name
    if (this.#model.nodes.get(target)?.op !== 'Const')
      return shape
    const [first, ...rest] = this.#model.weights.get(target).data
    if (first !== 1)
      return shape
    const b = this.#builder
    const int = attr.type('int32')
    if (!rest.includes(-1))
      return b.constant([-1, ...rest], [rest.length + 1], 'int32', `${this.#name(node.name)}/shape`)
    const whole = b.op('Shape', [x], { T, out_type: int })
    const batch = b.op('Slice', [
      whole,
      b.constant([0], [1], 'int32'),
      b.constant([1], [1], 'int32'),
    ], { T: int, Index: int })
    return b.op('ConcatV2', [
      batch,
      b.constant(rest, [rest.length], 'int32'),
      b.constant([0], [], 'int32'),
    ], {
      N: attr.int(2),
      T: int,
      Tidx: int,
    })
  }
}

function leakyAlpha(node: GraphNode): Attributes {
  const alpha = node.attr.leakyrelu_alpha && attributeOf(node.attr.leakyrelu_alpha)
  return alpha
    ? { alpha }
    : {}
}

/**
 * Re-emits the part of a TFJS graph model that its outputs need into a builder, for any batch size: fused ops are split
 * (TensorFlow fuses them again, faster than tfjs's own kernels run), Prelu is written with what TensorFlow has,
 * reshapes that hold a batch of 1 follow the real batch, weights are decoded to f32.
 *
 * @param builder    the graph to add to
 * @param modelPath  the model's model.json, or the model already read
 * @param options    input, outputs, weights and prefix
 * @returns the outputs in the order asked for
 * @throws {FacetError} for a node that is not there (listing those that are), a broken file, or more than one input
 */
export function importGraphModel(builder: GraphBuilder, modelPath: string | TfjsModel, options: GraphModelOptions): NodeRef[] {
  const model = typeof modelPath === 'string'
    ? readTfjsModel(modelPath)
    : modelPath
  const inputs = [
    ...model.nodes.values(),
  ].filter(({ op }) => op === 'Placeholder').map(({ name }) => name)
  if (inputs.length !== 1)
    throw new FacetError('bad-input', `the graph has ${inputs.length} inputs (${inputs.join(', ')}); one is expected.`, { where: model.path })
  refuseUnsafeOps([
    ...model.nodes.values(),
  ].map(({ op }) => op), model.path)
  return new Importer(builder, model, options).run(options.outputs)
}

/** Float arrays are weights; single numbers are the network's own constants, e.g. the 6 of relu6. */
function isTrainable({ dtype, shape }: Weight): boolean {
  return dtype === 'float32' && shape.length > 0
}

/** The trainable weights that the outputs of a graph model rest on, by their names in the model. */
export function graphModelWeights(model: TfjsModel, outputs: readonly string[]): Record<string, Weight> {
  const constants = neededNodes(model, outputs).filter(({ op }) => op === 'Const').map(({ name }) => [
    name,
    model.weights.get(name),
  ] as const)
  return Object.fromEntries(constants.filter(([, weight]) => isTrainable(weight)))
}
