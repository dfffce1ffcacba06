import type { RunResult } from './order.ts'
import { z } from 'zod'

/** What two artefacts of one stage have in common, by content: how a file is laid out does not count. */
export const ArtefactComparison = z.strictObject({
  isSame: z.boolean().describe('Every number, row and field has the same bits'),
  tensors: z.int().describe('Arrays of numbers that were compared'),
  numbers: z.array(z.strictObject({
    name: z.string(),
    count: z.int().describe('Numbers that differ'),
    of: z.int(),
    largest: z.number().nullable().describe('Largest difference; null where one of the two is no number'),
    relative: z.number().nullable().describe('The same, as a share of the largest number of the sealed array'),
  })).describe('Arrays that differ, the most different first'),
  others: z.array(z.string()).describe('What else differs, in words'),
})
export type ArtefactComparison = z.infer<typeof ArtefactComparison>

/** One figure of the sealed run beside that of the repetition. */
export const FigurePair = z.strictObject({
  name: z.string(),
  sealed: z.union([z.number(), z.string(), z.boolean(), z.null()]),
  again: z.union([z.number(), z.string(), z.boolean(), z.null()]),
  difference: z.number().nullable(),
  allowed: z.number().nullable().describe('Largest difference at which they count as the same figure'),
  agrees: z.boolean(),
})
export type FigurePair = z.infer<typeof FigurePair>

/** What came of running a finished run once more. */
export const Reproduction = z.strictObject({
  key: z.string(),
  label: z.string(),
  stage: z.string(),
  verdict: z.enum(['bits', 'figures', 'neither']).describe('bits: the same artefact; figures: the same but for rounding and chance of the machine; neither: something else'),
  artefact: ArtefactComparison,
  figures: z.array(FigurePair),
  curves: z.array(z.strictObject({
    metric: z.string(),
    step: z.int(),
    sealed: z.number(),
    again: z.number(),
  })).describe('Largest difference of each curve that differs'),
  provenance: z.array(z.strictObject({
    title: z.string(),
    sealed: z.string(),
    again: z.string(),
  })).describe('What the two were computed with, where it differs'),
  isProvenanceKnown: z.boolean().describe('An older Facet stored none'),
  seconds: z.number(),
  sealedSeconds: z.number().nullable(),
})
export type Reproduction = z.infer<typeof Reproduction>

/** Largest relative difference of two figures that count as the same one. An evaluation has its own measure: its standard error over the samples. */
export const figureTolerance = 0.01

/** Where training stopped and what a clock said: they follow from the machine's rounding and speed, and are no figures. */
const noFigures = new Set(['steps', 'bestStep', 'bestEpoch', 'msPerFace'])

/** The figures of a sealed result beside those of its repetition. */
export function compareFigures(sealed: RunResult, again: RunResult): FigurePair[] {
  const summary = namesOf(sealed.summary, again.summary).filter(name => !noFigures.has(name)).map(name => pair(name, sealed.summary[name] ?? null, again.summary[name] ?? null))
  const reconstruction = namesOf(sealed.reconstruction ?? {}, again.reconstruction ?? {}).map(name => pair(`nRMSE of ${name}`, sealed.reconstruction?.[name] ?? null, again.reconstruction?.[name] ?? null))
  const evaluations = sealed.evaluations.map(({ scope, metric, value, standardError }) => {
    const other = again.evaluations.find(one => one.scope === scope && one.metric === metric)
    return pair(`${metric} (${scope})`, value, other?.value ?? null, standardError)
  })
  return [...summary, ...reconstruction, ...evaluations]
}

function namesOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
}

function pair(name: string, sealed: FigurePair['sealed'], again: FigurePair['again'], standardError = 0): FigurePair {
  if (typeof sealed !== 'number' || typeof again !== 'number')
    return { name, sealed, again, difference: null, allowed: null, agrees: sealed === again }
  const difference = Math.abs(sealed - again)
  const allowed = Math.max(standardError, figureTolerance * Math.abs(sealed))
  return { name, sealed, again, difference, allowed, agrees: difference <= allowed }
}

/**
 * Bits, figures or neither. A run that measured nothing (embeddings, a concatenation) is judged by its numbers, each array against
 * its largest number: counts and sizes tell nothing of them.
 */
export function judge({ isSame, numbers, others }: ArtefactComparison, figures: readonly FigurePair[]): Reproduction['verdict'] {
  if (isSame)
    return 'bits'
  const isMeasured = figures.some(({ name, sealed }) => name === 'found' || (typeof sealed === 'number' && !Number.isInteger(sealed)))
  const isClose = isMeasured || (others.length === 0 && numbers.every(({ relative }) => relative !== null && relative <= figureTolerance))
  return isClose && figures.every(({ agrees }) => agrees) ? 'figures' : 'neither'
}
