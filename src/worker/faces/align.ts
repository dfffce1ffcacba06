import type { Point } from './image.ts'
import { FacetError } from '#shared/errors.ts'

/**
 * Where the five key points lie in an aligned face of 300 x 300: eyes, tip of the nose, corners of the mouth, image left first.
 * ArcFace's template (Deng et al. 2019) with 20 % more around it.
 */
const TEMPLATE: readonly Point[] = [
  [110.5, 140.4],
  [189.1, 140],
  [150.1, 185.1],
  [117.7, 231.2],
  [182.9, 230.8],
]

/** Turns, scales and moves: (x, y) -> (a x - b y + c, b x + a y + d). */
export interface Similarity { a: number, b: number, c: number, d: number }

/** The five template points in an aligned face of `size` x `size` pixels. */
export function template(size: number): Point[] {
  return TEMPLATE.map(([x, y]) => [x * size / 300, y * size / 300])
}

/**
 * The similarity that carries `from` to `to` with the least sum of squared distances (Umeyama 1991, without reflection).
 * @throws FacetError `bad-input` when all points of `from` coincide
 */
export function fitSimilarity(from: readonly Point[], to: readonly Point[]): Similarity {
  const [fromX, fromY] = mean(from)
  const [toX, toY] = mean(to)
  let spread = 0
  let dot = 0
  let cross = 0
  from.forEach(([x, y], i) => {
    const [u, v] = to[i]!
    spread += (x - fromX) ** 2 + (y - fromY) ** 2
    dot += (x - fromX) * (u - toX) + (y - fromY) * (v - toY)
    cross += (x - fromX) * (v - toY) - (y - fromY) * (u - toX)
  })
  if (!(spread > 0))
    throw new FacetError('bad-input', 'The key points of the face coincide, so that it cannot be aligned.')
  const a = dot / spread
  const b = cross / spread
  return {
    a,
    b,
    c: toX - a * fromX + b * fromY,
    d: toY - b * fromX - a * fromY,
  }
}

/** The similarity that undoes `similarity`. */
export function invert({ a, b, c, d }: Similarity): Similarity {
  const square = a * a + b * b
  return {
    a: a / square,
    b: -b / square,
    c: -(a * c + b * d) / square,
    d: (b * c - a * d) / square,
  }
}

/** Where a similarity carries a point. */
export function carry({ a, b, c, d }: Similarity, [x, y]: Point): Point {
  return [a * x - b * y + c, b * x + a * y + d]
}

/** How much longer a distance becomes. */
export function scaleOf({ a, b }: Similarity): number {
  return Math.hypot(a, b)
}

function mean(points: readonly Point[]): Point {
  const sum = points.reduce<Point>(([x, y], [u, v]) => [x + u, y + v], [0, 0])
  return [sum[0] / points.length, sum[1] / points.length]
}
