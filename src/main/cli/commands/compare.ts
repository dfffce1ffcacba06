import type { Comparison } from '#shared/comparison.ts'
import type { RegisterCommand } from '../command.ts'
import { parseRunKey } from '../run-key.ts'
import { list } from '../terminal.ts'
import { shortKey, wordNumber } from '../words.ts'

/** compare KEY KEY...: what differs between 2 to 8 runs, and whether it matters. */
export const compare: RegisterCommand = (program, act) => program
  .command('compare')
  .argument('<key>', 'the run that the others are tested against', parseRunKey)
  .argument('<keys...>', 'the others', (word: string, all: string[] = []) => [
    ...all,
    parseRunKey(word),
  ])
  .description('2 to 8 runs side by side, tested against the first')
  .action(act(async ({ terminal, connect }, key: string, keys: string[]) => {
    const comparison = await (await connect()).call('runs.compare', {
      keys: [key, ...keys],
    })
    terminal.result(comparison, () => wordComparison(comparison, terminal))
  }))

function wordComparison({ runs, differences, figures, tests, notes }: Comparison, terminal: { width: number, isStyled: boolean }): string {
  const letters = runs.map(({ letter }) => letter)
  return [
    ...runs.map(({ letter, key, label }) => `${letter}  ${shortKey(key)}  ${label}`),
    '',
    differences.length === 0
      ? 'They were asked the same.'
      : list(differences, [
          {
            title: 'what differs',
            value: row => row.path,
          },
          ...letters.map((title, i) => ({
            title,
            value: (row: Comparison['differences'][number]) => wordValue(row.values[i] ?? null),
          })),
        ], terminal),
    ...(figures.length > 0
      ? [
          '',
          list(figures, [
            {
              title: 'figure',
              value: row => `${row.name}${row.better === null
                ? ''
                : row.better === 'higher'
                  ? ' ↑'
                  : ' ↓'}`,
            },
            ...letters.map((title, i) => ({
              title,
              isNumber: true,
              value: (row: Comparison['figures'][number]) => wordFigure(row.values[i] ?? null, row.intervals[i] ?? null),
            })),
          ], terminal),
        ]
      : []),
    ...(tests.length > 0
      ? [
          '',
          list(tests, [
            {
              title: 'against A',
              value: row => row.letter,
            },
            {
              title: 'difference',
              value: row => wordNumber(row.difference),
              isNumber: true,
            },
            {
              title: '95 % interval',
              value: row => row.interval.map(wordNumber).join(' to '),
              isNumber: true,
            },
            {
              title: 'p (Holm)',
              value: row => row.adjusted.toFixed(4),
              isNumber: true,
            },
            {
              title: 'effect',
              value: row => row.effect ? `${row.effect.kind} ${row.effect.value.toFixed(2)}` : '–',
              isNumber: true,
            },
            ...tests.some(({ auc }) => auc)
              ? [{
                  title: 'AUC (p, DeLong, Holm)',
                  value: ({ auc }: Comparison['tests'][number]) => auc ? `${auc.auc.toFixed(4)} against ${auc.referenceAuc.toFixed(4)} (${auc.adjusted.toFixed(4)})` : '–',
                  isNumber: true,
                }]
              : [],
            {
              title: 'n',
              value: row => String(row.shared),
              isNumber: true,
            },
            {
              title: 'verdict',
              value: row => row.verdict,
            },
          ], terminal),
          'Paired bootstrap over the test samples, Holm-corrected over the tests shown; "no difference shown" is not "equal". Effect: Cohen\'s h of two shares, Cohen\'s d of paired errors.',
        ]
      : []),
    ...notes,
  ].join('\n')
}

function wordFigure(value: number | null, interval: [number, number] | null): string {
  if (value === null)
    return '–'
  return interval
    ? `${wordNumber(value)} [${interval.map(wordNumber).join(', ')}]`
    : wordNumber(value)
}

/** A configuration's value without quotes, long hashes by their first digits. */
function wordValue(value: string | null): string {
  return value === null
    ? '–'
    : value.replaceAll('"', '').replaceAll(/\b([0-9a-f]{8})[0-9a-f]{56}\b/g, '$1')
}
