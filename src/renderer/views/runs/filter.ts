import type { LocationQuery } from 'vue-router'
import type { Sort } from '#renderer/components/data-table.ts'
import type { RunState } from '#shared/order.ts'
import type { RunItem } from '#shared/run-views.ts'
import { RunState as RunStates } from '#shared/order.ts'
import { stages } from '#shared/stages/index.ts'

/** What the list of runs shows, as its address says it. */
export interface RunsFilter {
  text: string
  stages: string[]
  states: RunState[]
  studies: string[]
  isGrouped: boolean
  sort: Sort | null
}

export const stageNames: readonly string[] = Object.keys(stages)

/** What an address asks for; what it says wrongly is left out. */
export function readFilter(query: LocationQuery): RunsFilter {
  const list = (name: string): string[] => String(query[name] ?? '').split(',').filter(Boolean)
  const sort = String(query.sort ?? '')
  return {
    text: String(query.text ?? ''),
    stages: list('stages').filter(name => stageNames.includes(name)),
    states: list('states').filter((state): state is RunState => (RunStates.options as string[]).includes(state)),
    studies: list('of'),
    isGrouped: query.group === 'study',
    sort: sort === '' ? null : { key: sort.replace(/^-/, ''), descending: sort.startsWith('-') },
  }
}

/** The address of a filter; what is not asked for is not in it. */
export function writeFilter({ text, stages, states, studies, isGrouped, sort }: RunsFilter): Record<string, string> {
  return Object.fromEntries(Object.entries({
    text,
    stages: stages.join(','),
    states: states.join(','),
    of: studies.join(','),
    group: isGrouped ? 'study' : '',
    sort: sort ? `${sort.descending ? '-' : ''}${sort.key}` : '',
  }).filter(([, value]) => value !== ''))
}

/** Whether a filter asks for anything less than all. */
export function isFiltering({ text, stages, states, studies }: RunsFilter): boolean {
  return text !== '' || stages.length + states.length + studies.length > 0
}

/** Digits from which on a word may be meant as a key. */
const keyDigits = 4

/** Runs that a filter lets through. */
export function filterRuns(runs: readonly RunItem[], { text, stages, states, studies }: RunsFilter): RunItem[] {
  return searchRuns(runs.filter(run =>
    (stages.length === 0 || stages.includes(run.stage))
    && (states.length === 0 || states.includes(run.state))
    && (studies.length === 0 || run.studies.some(study => studies.includes(study)))), text)
}

/** Runs with every word in label, beginning of the key, stage, state or study. */
export function searchRuns(runs: readonly RunItem[], text: string): RunItem[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return runs.filter(run =>
    words.every(word => run.label.toLowerCase().includes(word)
      || (word.length >= keyDigits && run.key.startsWith(word))
      || `${run.stage} ${run.state} ${run.studies.join(' ')}`.includes(word)))
}

/** A row of the list: a run, or the heading of a study's runs. */
export type RunsRow = { kind: 'run', id: string, run: RunItem } | { kind: 'study', id: string, name: string, runs: number, done: number, failed: number, durationMs: number, isOpen: boolean }

/** Rows by study; a run of two studies stands under each, a closed study shows its heading alone. */
export function groupRuns(runs: readonly RunItem[], closed: ReadonlySet<string>): RunsRow[] {
  const groups = new Map<string, RunItem[]>()
  for (const run of runs) {
    for (const study of run.studies.length > 0 ? run.studies : ['']) {
      const group = groups.get(study)
      if (group)
        group.push(run)
      else
        groups.set(study, [run])
    }
  }
  return [...groups].flatMap(([name, members]): RunsRow[] => [
    {
      kind: 'study',
      id: `study:${name}`,
      name,
      runs: members.length,
      done: members.filter(({ state }) => state === 'done').length,
      failed: members.filter(({ state }) => state === 'failed').length,
      durationMs: members.reduce((sum, { durationMs }) => sum + (durationMs ?? 0), 0),
      isOpen: !closed.has(name),
    },
    ...closed.has(name) ? [] : members.map((run): RunsRow => ({ kind: 'run', id: `${name}:${run.key}`, run })),
  ])
}
