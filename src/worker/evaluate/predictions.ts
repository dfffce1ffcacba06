import type { Task } from '#shared/dataset.ts'
import type { Answer } from './evaluate.ts'
import type { JudgedPair } from './pairs.ts'
import { writeFileSync } from 'node:fs'
import { answerOfUndetected } from '#shared/scores.ts'

/** One line per field list; fields with separators are quoted (RFC 4180). */
function csv(rows: (string | number | boolean | null)[][]): string {
  return rows.map(row => `${row.map((field) => {
    const text = String(field ?? '')
    return /[",\n\r]/.test(text)
      ? `"${text.replaceAll('"', '""')}"`
      : text
  }).join(',')}\n`).join('')
}

/** Every evaluated sample: path, split, label, prediction, found, unseen, subject. Undetected faces carry the protocol's answer; attributes are one word of 1, 0 and -. */
export function writePredictions(file: string, task: Task, answers: readonly Answer[]): void {
  writeFileSync(file, csv([
    [
      'path',
      'split',
      'label',
      'prediction',
      'found',
      'unseen',
      'subject',
    ],
    ...answers.map(({ path, split, label, prediction, unseen, subject }) => [
      path,
      split,
      label,
      prediction ?? answerOfUndetected(task),
      prediction !== null,
      unseen,
      subject,
    ]),
  ]))
}

/** Every pair: both paths (with a + between), fold, whether they are the same person (1 or 0), the answer, whether both faces were found, unseen, cosine and threshold. */
export function writePairs(file: string, pairs: readonly (JudgedPair & { paths: readonly [string, string] })[]): void {
  writeFileSync(file, csv([
    [
      'path',
      'split',
      'label',
      'prediction',
      'found',
      'unseen',
      'fold',
      'cosine',
      'threshold',
    ],
    ...pairs.map(({ paths, same, answer, unseen, fold, cosine, threshold }) => [
      paths.join(' + '),
      null,
      Number(same),
      answer === null
        ? null
        : Number(answer),
      answer !== null,
      unseen,
      fold,
      cosine,
      threshold,
    ]),
  ]))
}
