import type { Query } from '#renderer/composables/useQuery.ts'
import type { DatasetRowView } from '#shared/dataset-views.ts'
import type { RunView } from '#shared/views.ts'
import { z } from 'zod'
import { useQuery } from '#renderer/composables/useQuery.ts'
import { wordCount } from '#renderer/format.ts'

/** What adding a data set counted, as far as screens show it. */
const Summary = z.object({
  title: z.string(),
  samples: z.number(),
  rejected: z.number(),
  splits: z.object({ train: z.number(), validation: z.number(), test: z.number(), none: z.number() }),
  subjects: z.number(),
  unseen: z.number(),
  pairs: z.number(),
  labels: z.record(z.string(), z.record(z.string(), z.number())),
  bytes: z.number(),
  licence: z.string(),
  notes: z.array(z.string()),
})
export type Summary = z.infer<typeof Summary>
export type DatasetItem = DatasetRowView & { counted: Summary }

/** The data sets of the workspace, asked again when one was added or removed, or its faces were found. */
export function useDatasets(): Query<DatasetRowView[]> {
  return useQuery('datasets.overview', undefined, {
    refreshOn: ['datasets.changed', 'run.changed'],
    concerns: payload => !('stage' in payload) || ((payload as RunView).stage === 'prepare' && (payload as RunView).state === 'done'),
  })
}

/** A row with its summary read. */
export function countedOf(row: DatasetRowView): DatasetItem {
  return { ...row, counted: Summary.parse(row.summary) }
}

/** "gender, age (0 to 90)": what a data set is labelled with. */
export function wordLabels({ counted: { labels, subjects, pairs } }: DatasetItem): string {
  const parts = Object.entries(labels).map(([task, values]) => 'lowest' in values ? `${task} ${values.lowest} to ${values.highest}` : `${task} (${Object.keys(values).length})`)
  if (subjects > 0)
    parts.push(`${wordCount(subjects)} people`)
  if (pairs > 0)
    parts.push(`${wordCount(pairs)} pairs`)
  return parts.join(', ') || 'none'
}

/** "726 / 114 / 358", or the protocol that stands for a split. */
export function wordSplit({ counted: { splits, pairs, subjects, unseen } }: DatasetItem): string {
  if (splits.train + splits.validation + splits.test > 0)
    return [splits.train, splits.validation, splits.test].map(wordCount).join(' / ')
  if (pairs > 0)
    return `pairs in folds, ${wordCount(unseen)} unseen`
  return subjects > 0 ? `leave one out, ${wordCount(subjects)} people` : 'none'
}

/** What a data set is for: the knowledge that is transferred to, or faces without labels. */
export function wordRole({ roles }: Pick<DatasetRowView, 'roles'>): string {
  const knowledge = [...new Set(roles.flatMap(role => role.knowledge))]
  if (knowledge.length > 2)
    return `target: ${knowledge.length} tasks`
  if (knowledge.length > 0)
    return `target: ${knowledge.join(', ')}`
  return roles.some(({ unlabelled }) => unlabelled) ? 'unlabelled' : 'in no study'
}
