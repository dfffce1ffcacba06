import type { Box, Point } from './image.ts'

/** Side of blazeface's input in pixels. */
export const DETECTION_SIZE = 256
/** Anchors at cell centres of two grids: 16 x 16 cells with 2, then 8 x 8 cells with 6 (Bazarevsky et al. 2019, Section 3.2). */
const GRIDS = [
  { cells: 16, anchors: 2 },
  { cells: 8, anchors: 6 },
]
/** Numbers per anchor: centre, width and height, then six points. */
const NUMBERS = 16
/** Boxes that share more than this part of their union show one face. */
const SAME_FACE = 0.3

/** A face as blazeface sees it, in pixels of its input. */
export interface Candidate {
  /** 0 to 1 */
  score: number
  box: Box
  /** Eyes, image left first. */
  eyes: [Point, Point]
}

const ANCHORS: Point[] = GRIDS.flatMap(({ cells, anchors }) => {
  const step = DETECTION_SIZE / cells
  return Array.from({ length: cells * cells * anchors }, (_, i): Point => {
    const cell = Math.floor(i / anchors)
    return [(cell % cells + 0.5) * step, (Math.floor(cell / cells) + 0.5) * step]
  })
})

/**
 * Turns blazeface's output for one image into faces: anchors added, scores by the logistic function, overlapping boxes
 * reduced to the best of them.
 *
 * @param logits    [512] and [384], one per anchor
 * @param offsets   [512 * 16] and [384 * 16], relative to the anchors in pixels
 * @param minScore  least score of a face
 * @returns best first
 */
export function decodeFaces(logits: readonly Float32Array[], offsets: readonly Float32Array[], minScore: number): Candidate[] {
  const minLogit = Math.log(minScore / (1 - minScore))
  const candidates: Candidate[] = []
  let anchor = 0
  for (const [grid, scores] of logits.entries()) {
    const numbers = offsets[grid]!
    for (const [i, logit] of scores.entries()) {
      const [x, y] = ANCHORS[anchor++]!
      if (!(logit > minLogit))
        continue
      const at = (k: number) => numbers[i * NUMBERS + k]!
      candidates.push({
        score: 1 / (1 + Math.exp(-logit)),
        box: {
          left: x + at(0) - at(2) / 2,
          top: y + at(1) - at(3) / 2,
          width: at(2),
          height: at(3),
        },
        eyes: [
          [x + at(4), y + at(5)],
          [x + at(6), y + at(7)],
        ],
      })
    }
  }
  return keepBest(candidates)
}

/** Non-maximum suppression: of boxes over one another only that with the best score. */
export function keepBest<T extends { score: number, box: Box }>(candidates: readonly T[]): T[] {
  const kept: T[] = []
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    if (kept.every(other => overlap(other.box, candidate.box) <= SAME_FACE))
      kept.push(candidate)
  }
  return kept
}

/** Area in both boxes over area in either, 0 to 1. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left)
  const height = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top)
  if (!(width > 0 && height > 0))
    return 0
  const both = width * height
  return both / (a.width * a.height + b.width * b.height - both)
}
