/** One figure of a bench: what was measured, what it may be at most (or must be at least), and whether it is. */
export interface BenchFigure { title: string, value: number, unit: string, bound: { most: number } | { least: number } | null, isReached: boolean | null }

export function figure(title: string, value: number, unit: string, bound: BenchFigure['bound'] = null): BenchFigure {
  const isReached = bound && ('most' in bound ? value <= bound.most : value >= bound.least)
  return { title, value, unit, bound, isReached }
}
