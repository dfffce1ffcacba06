import type { Client } from '#shared/contract.ts'
import type { ArtefactComparison, FigurePair, Reproduction } from '#shared/reproduction.ts'
import type { RunView } from '#shared/views.ts'
import type { RegisterCommand } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { followOn } from '../follow.ts'
import { createProgress } from '../progress.ts'
import { parseRunKey } from '../run-key.ts'
import { facts, list } from '../terminal.ts'
import { shortKey, wordDuration, wordMany, wordNumber } from '../words.ts'

/** reproduce KEY: runs a finished run once more beside the sealed one and says whether bits, figures or neither agree. */
export const reproduce: RegisterCommand = (program, act) => program
  .command('reproduce')
  .argument('<key>', 'its key, or the first 6 digits of it', parseRunKey)
  .description('run a finished run again and say whether bits, or only figures, agree; what was sealed stays as it is')
  .action(act(async ({ terminal, connect }, key: string) => {
    const client = await connect()
    const again = await begin(client, key, terminal)
    const followed = await followOn(client, { key: again.key, terminal }, () => client.call('runs.reproduce', { key }))
    if (followed.left)
      return 1
    const report = await client.call('runs.reproduced', { key })
    terminal.result(report, () => wordReproduction(report, terminal))
    return report.verdict === 'neither' ? 1 : 0
  }))

/** Asks for the repetition; while data sets are compared with what the run saw, shows how far. */
async function begin(client: Client, key: string, terminal: Terminal): Promise<RunView> {
  const progress = createProgress(terminal)
  const ear = client.on('reproduce.checking', ({ dataset, done, total }) => progress.show([
    { label: `checking ${dataset}`, done, total, unit: 'files', etaSeconds: null },
  ]))
  try {
    return await client.call('runs.reproduce', { key })
  }
  finally {
    ear()
    progress.end()
  }
}

const verdicts: Record<Reproduction['verdict'], string> = {
  bits: 'The bits agree: it made the same artefact again.',
  figures: 'The figures agree, the bits do not.',
  neither: 'Neither bits nor figures agree.',
}

/** What is said of a reproduction: the verdict first, then what differs, then what may be why. */
export function wordReproduction(report: Reproduction, terminal: { width: number, isStyled: boolean }): string {
  const { label, key, verdict, artefact, figures, provenance, isProvenanceKnown, seconds, sealedSeconds } = report
  const asComputed = provenance.length > 0
    ? ['', 'computed with something else', indent(facts(provenance.map(({ title, sealed, again }) => [title, `${sealed}, now ${again}`])))]
    : ['', isProvenanceKnown ? 'Computed with the same versions, threads and hardware.' : 'Engine and threads are the same; an older Facet stored no more of what it was computed with.']
  return [
    `${label} (${shortKey(key)})`,
    verdicts[verdict],
    `${wordDuration(seconds)}${sealedSeconds === null ? '' : `, ${wordDuration(sealedSeconds)} the first time`}.`,
    ...verdict === 'bits' ? [] : ['', ...wordArtefact(artefact), ...wordFigures(figures, terminal), ...wordCurves(report)],
    ...asComputed,
  ].join('\n')
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}

function wordArtefact({ numbers, tensors, others }: ArtefactComparison): string[] {
  const [worst] = numbers
  return [
    ...worst
      ? [`Largest difference of weights: ${worst.largest === null ? 'no number any more' : `${wordNumber(worst.largest)}${worst.relative === null ? '' : `, ${wordNumber(100 * worst.relative)} % of the largest number`}`}, in ${worst.name} (${worst.count} of ${wordMany(worst.of, 'number')} differ); ${numbers.length} of ${wordMany(tensors, 'array')} differ.`]
      : [],
    ...others.map(text => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`),
  ]
}

function wordFigures(figures: readonly FigurePair[], terminal: { width: number, isStyled: boolean }): string[] {
  const differing = figures.filter(({ sealed, again }) => sealed !== again)
  if (differing.length === 0)
    return ['All figures are the same.']
  return ['', list(differing, [
    { title: 'figure', value: one => one.name },
    { title: 'sealed', value: one => wordFigure(one.sealed), isNumber: true },
    { title: 'again', value: one => wordFigure(one.again), isNumber: true },
    { title: 'difference', value: one => one.difference === null ? '' : wordNumber(one.difference), isNumber: true },
    { title: 'allowed', value: one => one.allowed === null ? '' : wordNumber(one.allowed), isNumber: true },
    { title: '', value: one => one.agrees ? 'agrees' : 'differs' },
  ], terminal)]
}

function wordFigure(value: FigurePair['sealed']): string {
  return typeof value === 'number' ? wordNumber(value) : String(value)
}

function wordCurves({ curves }: Reproduction): string[] {
  return curves.length === 0
    ? []
    : ['', 'largest difference of each curve', indent(facts(curves.map(({ metric, step, sealed, again }) => [metric, `${wordNumber(sealed)} and ${wordNumber(again)} at step ${step}`])))]
}
