import type { TableCell, TableMark, TableRow } from '#shared/table.ts'
import type { Reference } from './paper.ts'
import { mean, sampleStd } from '#shared/statistics.ts'
import { printFigure } from '#shared/table-words.ts'

/** One seed's figure. */
export interface SeedValue {
  seed: number
  key: string
  value: number
  count?: number
  standardError?: number
  interval?: [number, number]
}

/** A cell of these seeds' figures; with none of them `missing` says why. */
export function cellOf(seeds: SeedValue[], details: { reference: Reference | null, marks?: TableMark[], missing?: TableCell['missing'] }): TableCell {
  // a run that no seed changes serves all of them and counts once
  const runs = new Set<string>()
  const ordered = seeds.toSorted((a, b) => a.seed - b.seed).filter(({ key }) => !runs.has(key) && runs.add(key))
  const values = ordered.map(seed => seed.value)
  const errors = ordered.flatMap(seed => seed.standardError ?? [])
  const intervals = ordered.flatMap(seed => seed.interval
    ? [seed.interval]
    : [])
  return {
    mean: values.length > 0
      ? mean(values)
      : null,
    std: values.length > 1
      ? sampleStd(values)
      : null,
    n: values.length,
    values,
    reference: details.reference?.value ?? null,
    referenceText: details.reference?.text ?? null,
    referenceSource: details.reference?.source ?? null,
    best: false,
    marks: values.length > 0
      ? details.marks ?? []
      : [],
    missing: details.missing ?? null,
    count: ordered[0]?.count ?? null,
    standardError: errors.length > 0
      ? mean(errors)
      : null,
    interval: intervals.length > 0
      ? [
          mean(intervals.map(([low]) => low)),
          mean(intervals.map(([, high]) => high)),
        ]
      : null,
    keys: ordered.map(seed => seed.key),
  }
}

/** A cell whose answer is words. */
export function textCell(text: string): TableCell {
  return { ...cellOf([], { reference: null }), text }
}

/**
 * The row with its best cells marked: all that print the same best figure. A lone figure is no best one, and an oracle's, chosen on the
 * test set, is not ranked.
 */
export function withBest(row: TableRow): TableRow {
  const isRanked = ({ mean, marks }: TableCell): boolean => mean !== null && !marks.includes('oracle')
  const figures = Object.values(row.cells).filter(isRanked).map(({ mean }) => Number(printFigure(mean!, row.metric)))
  if (row.metric === 'mixed')
    return row
  const best = row.better === 'higher'
    ? Math.max(...figures)
    : Math.min(...figures)
  return {
    ...row,
    cells: Object.fromEntries(Object.entries(row.cells).map(([method, cell]) => [
      method,
      {
        ...cell,
        best: figures.length > 1 && isRanked(cell) && Number(printFigure(cell.mean!, row.metric)) === best,
      },
    ])),
  }
}
