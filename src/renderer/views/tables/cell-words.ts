import type { TableCell, TableRow } from '#shared/table.ts'
import { measureOf, printFigure, wordCell } from '#shared/table-words.ts'

/** A missing cell in a word or two; the whole reason stands in its title and below the table. */
export function wordMissing(reason: string): string {
  if (/under way/.test(reason))
    return 'running'
  if (/^its run (?:failed|was interrupted|is paused|was stopped)/.test(reason))
    return /failed|interrupted|paused|stopped/.exec(reason)![0]
  return /not computed yet|not prepared yet|not measured yet|^It needs/.test(reason)
    ? 'to do'
    : 'not possible'
}

/** All that is known of a cell, in lines. */
export function describeCell(cell: TableCell, row: TableRow): string {
  const { figure } = wordCell(cell, row)
  const { metric, unit } = measureOf(cell, row)
  const figureOf = (value: number): string => printFigure(value, metric)
  return [
    ...cell.mean === null ? [] : [`${figure}${unit === '%' ? ' %' : unit ? ` ${unit}` : ''}, ${cell.n} ${cell.n === 1 ? 'seed' : 'seeds'}`],
    ...cell.values.length > 1 ? [`by seed: ${cell.values.map(figureOf).join(', ')}`] : [],
    ...cell.interval ? [`95 % interval of the test: ${cell.interval.map(figureOf).join(' to ')}`] : [],
    ...cell.count === null ? [] : [`${cell.count} test samples`],
    ...cell.test ? [`${cell.test.verdict} than ${cell.test.against}: difference ${cell.test.difference.toFixed(2)}, p ${cell.test.adjusted.toFixed(3)} (Holm)`.replace('no difference shown than', 'no difference shown from')] : [],
    ...cell.test?.effect ? [`effect size: Cohen's ${cell.test.effect.kind} ${cell.test.effect.value.toFixed(2)}`] : [],
    ...cell.test?.auc ? [`area under the curve ${cell.test.auc.auc.toFixed(4)} against ${cell.test.auc.referenceAuc.toFixed(4)}, p ${cell.test.auc.adjusted.toFixed(3)} (DeLong, Holm)`] : [],
    ...cell.referenceText === null ? [] : [`the paper: ${cell.referenceText} (${cell.referenceSource})`],
    ...cell.note === undefined ? [] : [cell.note],
    ...cell.missing ? [cell.missing.reason] : [],
  ].join('\n')
}

/** Whether the paper's figure lies more than two of our standard deviations away. */
export function isFarFromPaper({ mean, std, reference, referenceText }: TableCell): boolean {
  return mean !== null && std !== null && std > 0 && reference !== null && !referenceText!.startsWith('(') && Math.abs(mean - reference) > 2 * std
}
