import type { Task } from '#shared/dataset.ts'
import { z } from 'zod'

/** First age of every class but the first. The default gives 0-12, 13-19, 20-35, 36-55, 56+ (Das et al. 2018 use five groups too). */
export const AgeEdges = z.array(z.int().positive()).min(1).refine(edges => edges.every((edge, i) => i === 0 || edge > edges[i - 1]!), 'must rise').default([13, 20, 36, 56]).describe('First age of every age class but the first')

/** Names of the age classes, e.g. "13-19"; the last is open. */
export function ageClassNames(edges: number[]): string[] {
  return [0, ...edges].map((from, i) => i < edges.length
    ? `${from}-${edges[i]! - 1}`
    : `${from}+`)
}

/** Number of the class that an age in years falls into. */
export function ageClassOf(ageYears: number, edges: number[]): number {
  return edges.filter(edge => ageYears >= edge).length
}

/** The two age tasks. The range is that of the ages given: its middle is what an undetected face is scored with. */
export function ageTasks(ages: number[], edges: number[], protocol: 'split' | 'subjects'): Record<'age' | 'age-class', Task> {
  const range = ages.reduce<[number, number]>(([low, high], age) => [
    Math.min(low, age),
    Math.max(high, age),
  ], [Infinity, -Infinity])
  return {
    'age': {
      kind: 'regression',
      label: 'age',
      unit: 'years',
      range: ages.length === 0
        ? [0, 0]
        : range,
      protocol,
    },
    'age-class': {
      kind: 'classification',
      label: 'age-class',
      classes: ageClassNames(edges),
      protocol,
    },
  }
}
