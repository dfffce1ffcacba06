import type { AffinityView } from '#shared/teacher-views.ts'

/** The matrix in a sentence: of a chosen pair, else who shares most and who least with the others. */
export function wordAffinity({ teachers, matrix }: Pick<AffinityView, 'teachers' | 'matrix'>, pair: readonly [number, number] | null): string {
  const name = (i: number): string => teachers[i]!.name
  if (pair && pair[0] !== pair[1])
    return `${name(pair[0])} and ${name(pair[1])} share ${matrix[pair[0]]![pair[1]]!.toFixed(3)}.`
  const pairs = matrix.flatMap((row, i) => row.flatMap((value, j) => j > i ? [{ i, j, value }] : []))
  if (pairs.length === 0)
    return 'One teacher alone shares nothing with others.'
  const most = pairs.reduce((a, b) => b.value > a.value ? b : a)
  const others = matrix.map((row, i) => ({ i, mean: row.reduce((sum, value, j) => j === i ? sum : sum + value, 0) / Math.max(1, row.length - 1) }))
  const least = others.reduce((a, b) => b.mean < a.mean ? b : a)
  return `${name(most.i)} and ${name(most.j)} share most (${most.value.toFixed(2)}); ${name(least.i)} shares least with the others (${least.mean.toFixed(2)} on average).`
}
