import type { ReadStudy } from './read-study.ts'
import type { ReadScores } from './significance.ts'
import { readAnswers, scoresOf } from './answers.ts'

/** Scores of a study's runs, each run's file read once. */
export function readScoresOf({ runs }: Pick<ReadStudy, 'runs'>): ReadScores {
  const rows = new Map(runs.map(row => [row.key, row]))
  const read = new Map<string, ReturnType<typeof readAnswers>>()
  return async (key, scope) => {
    const row = rows.get(key)
    if (row && !read.has(key))
      read.set(key, readAnswers(row))
    const answers = read.get(key) ?? null
    return answers && scoresOf(answers, scope)
  }
}
