import type { GraphNode } from './saved-model.ts'

/** A node that multiplies and adds, with the node of its weights. */
export interface Product { node: string, weights: string, perOutput: (shape: readonly number[]) => number }

/** How many products make one number of the output, by the shape of the weights. */
const kinds: Record<string, (node: GraphNode) => Product['perOutput']> = {
  Conv2D: () => ([height, width, inputs]) => height! * width! * inputs!,
  DepthwiseConv2dNative: () => ([height, width]) => height! * width!,
  MatMul: node => shape => isTransposed(node, 'transpose_b') ? shape[1]! : shape[0]!,
  BatchMatMulV2: node => shape => isTransposed(node, 'adj_y') ? shape.at(-1)! : shape.at(-2)!,
}

function isTransposed({ attributes }: GraphNode, name: string): boolean {
  const attribute = attributes[name]
  return attribute?.kind === 'bool' && attribute.value
}

/** Convolutions and matrix products of a graph. All else (activations, norms, sums, pooling) is left out, as the field counts. */
export function productsOf(nodes: readonly GraphNode[]): Product[] {
  return nodes.flatMap((node) => {
    const kind = kinds[node.op]
    return kind ? [{ node: node.name, weights: node.inputs[1]!, perOutput: kind(node) }] : []
  })
}

/** Multiply-adds of these products, by the shapes of what each gives and of its weights. */
export function sumProducts(products: readonly Product[], shapes: ReadonlyMap<string, readonly number[]>): number {
  return products.reduce((sum, { node, weights, perOutput }) => sum + shapes.get(node)!.reduce((size, side) => size * side, 1) * perOutput(shapes.get(weights)!), 0)
}
