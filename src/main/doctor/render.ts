import type { DoctorReport } from './index.ts'

const words = {
  ok: 'ok',
  warning: 'warning',
  problem: 'PROBLEM',
  absent: '-',
}

/** The report as text: one line a check, its remedy below it, the sum at the end. */
export function renderDoctor({ checks, isHealthy, repaired }: DoctorReport): string {
  const titleWidth = Math.max(...checks.map(({ title }) => title.length))
  const lines = checks.flatMap(({ title, verdict, value, hint }) => [
    `${words[verdict].padEnd(8)} ${title.padEnd(titleWidth)}  ${value}`,
    ...hint
      ? [`${' '.repeat(11 + titleWidth)}${hint}`]
      : [],
  ])
  const problems = checks.filter(({ verdict }) => verdict === 'problem').length
  return [
    ...lines,
    '',
    ...repaired.length > 0 ? ['Repaired:', ...repaired.map(sentence => `- ${sentence}`), ''] : [],
    isHealthy
      ? 'Everything that is needed works.'
      : `${problems} ${problems === 1
        ? 'problem'
        : 'problems'}.`,
  ].join('\n')
}
