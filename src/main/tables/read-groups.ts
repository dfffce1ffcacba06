import type { Sample, Task } from '#shared/dataset.ts'
import type { Dataset } from '#shared/files/dataset-pack.ts'
import type { SampleScore } from './compare.ts'
import type { CellSource, GroupFigure, TableGrouping, TableInput } from './input.ts'
import type { Scope } from './method-rows.ts'
import type { ReadScores } from './significance.ts'
import { setImmediate } from 'node:timers/promises'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { suggestName } from '#shared/nearest.ts'
import { bootstrap, bootstrapDifference, mean } from '#shared/statistics.ts'
import { measureOfKnowledge, scopesOf } from './method-rows.ts'

/** Groups with fewer test samples are shown, but count for no gap. */
export const smallestGroup = 10

/** What pairs of two groups are called. */
export const mixedPairs = 'mixed pairs'

/** What samples can be grouped by where nothing else is asked for. */
const usual = ['gender', 'ethnicity', 'age']

/** A way to put samples into groups: `groupOf` gives the place of a sample's group, or null where its label is not known. */
export interface Grouping { by: string, groups: string[], groupOf: (labels: Sample['labels']) => number | null }

const ageEdges = [13, 20, 36, 56]
const ageGroups = ['0-12', '13-19', '20-35', '36-55', '56+']

function byClass(by: string, { label, classes }: { label: string, classes: string[] }): Grouping {
  return {
    by,
    groups: classes,
    groupOf: (labels) => {
      const value = labels[label]
      return typeof value === 'number' && classes[value] !== undefined ? value : null
    },
  }
}

/** Every way in which a data set's labels can group its samples, each once: by its classes, by bins of age, by CelebA's attribute Male. */
export function groupingsOf(tasks: Record<string, Task>): Grouping[] {
  const byTasks = Object.entries(tasks).flatMap(([name, task]): Grouping[] => {
    if (task.kind === 'classification')
      return [byClass(name === 'race' ? 'ethnicity' : name, task)]
    if (task.kind === 'attributes' && task.attributes.includes('Male')) {
      const place = task.attributes.indexOf('Male')
      return [{ by: 'gender', groups: ['male', 'female'], groupOf: ({ [task.label]: packed }) => packed === undefined || String(packed)[place] === '-' ? null : Number(String(packed)[place] !== '1') }]
    }
    return []
  })
  const classes = tasks['age-class']
  const age = Object.values(tasks).find(task => task.kind === 'regression' && task.label === 'age')
  const byAge: Grouping[] = classes?.kind === 'classification'
    ? [byClass('age', classes)]
    : age
      ? [{ by: 'age', groups: ageGroups, groupOf: ({ age: years }) => typeof years === 'number' ? ageEdges.filter(edge => years >= edge).length : null }]
      : []
  const all = [...byTasks.filter(({ by }) => by !== 'age-class'), ...byAge]
  // drawn faces and others have the same label as classes and as an attribute
  return all.filter(({ by }, i) => all.findIndex(other => other.by === by) === i)
}

/** The groupings asked for, in that order. @throws FacetError 'usage' where no data set of the study has one */
function chosen(known: ReadonlyMap<string, Grouping[]>, by: readonly string[] | undefined): (data: string) => Grouping[] {
  const names = [...new Set([...known.values()].flat().map(grouping => grouping.by))]
  const missing = by?.find(name => !names.includes(name))
  if (missing !== undefined)
    throw new FacetError('usage', `No data set of the study has labels to group by "${missing}".`, { hint: names.length > 0 ? suggestName(missing, names) : 'Group data sets that have labels of people, e.g. UTKFace.' })
  const wanted = by ?? usual
  return data => wanted.flatMap(name => known.get(data)?.filter(grouping => grouping.by === name) ?? [])
}

/** Names of all that the test samples of a study can be grouped by. */
export function knownGroupings({ input, packOf }: { input: Pick<TableInput, 'datasets'>, packOf: (data: string) => string }): string[] {
  return [...new Set(input.datasets.flatMap(({ name }) => {
    const pack = openDataset(packOf(name))
    try {
      return groupingsOf(pack.meta.tasks).map(({ by }) => by)
    }
    finally {
      pack.close()
    }
  }))]
}

/** Scores of one run by group, and how many samples are in none. A pair is in a group where both of its faces are, else it is mixed. */
interface GroupedScores { scores: SampleScore[][], without: number }

function inGroups(scores: readonly SampleScore[], { groups, groupOf }: Grouping, pack: Dataset): GroupedScores {
  const labels = pack.labelsOf(scores.flatMap(({ id }) => id.split(' + ')))
  const placed = scores.map(({ id }) => {
    const places = id.split(' + ').map(path => groupOf(labels.get(path) ?? {}))
    if (places.includes(null))
      return null
    return places.every(place => place === places[0]) ? places[0]! : groups.length
  })
  return {
    scores: Array.from({ length: groups.length + 1 }, (_, place) => scores.filter((_, i) => placed[i] === place)),
    without: placed.filter(place => place === null).length,
  }
}

interface Part { knowledge: TableInput['knowledge'][number], scope: Scope, grouping: Grouping }

/**
 * Figures of every method, seed and group, and the gaps between groups, from the answers per sample of a study's runs.
 *
 * @param input            what the study has, of the chosen seeds
 * @param options          how it is read
 * @param options.by       what to group by, in this order; gender, ethnicity and age where left out
 * @param options.packOf   the pack of a data set
 * @param options.read     scores of a run
 * @throws FacetError 'usage' where nothing can be grouped so
 */
export async function readGroups(input: TableInput, { by, packOf, read }: { by?: readonly string[], packOf: (data: string) => string, read: ReadScores }): Promise<Pick<TableInput, 'groupings' | 'groupFigures'>> {
  const packs = new Map(input.datasets.map(({ name }) => [name, openDataset(packOf(name))]))
  try {
    const groupings = chosen(new Map([...packs].map(([name, pack]) => [name, groupingsOf(pack.meta.tasks)])), by)
    const found: Pick<TableInput, 'groupings' | 'groupFigures'> = { groupings: [], groupFigures: [] }
    for (const knowledge of input.knowledge) {
      for (const scope of scopesOf(knowledge, input)) {
        for (const grouping of groupings(knowledge.data)) {
          const part = await readPart({ knowledge, scope, grouping }, input, packs.get(knowledge.data)!, read)
          found.groupings.push(...part.groupings)
          found.groupFigures.push(...part.groupFigures)
        }
      }
    }
    return found
  }
  finally {
    for (const pack of packs.values())
      pack.close()
  }
}

async function readPart(part: Part, input: TableInput, pack: Dataset, read: ReadScores): Promise<Pick<TableInput, 'groupings' | 'groupFigures'>> {
  const { knowledge, scope, grouping } = part
  const names = [...grouping.groups, mixedPairs]
  const groupFigures: GroupFigure[] = []
  let counted: TableGrouping | null = null
  for (const [method, sources] of Map.groupBy(input.sources.filter(source => source.knowledge === knowledge.name), source => source.method)) {
    const runs: { source: CellSource, scores: SampleScore[][] }[] = []
    for (const source of sources) {
      await setImmediate() // others are answered between two files
      const scores = await read(source.key, scope)
      if (!scores)
        continue
      const grouped = inGroups(scores, grouping, pack)
      runs.push({ source, scores: grouped.scores })
      counted ??= { knowledge: knowledge.name, scope, by: grouping.by, without: grouped.without, groups: names.map((name, i) => ({ name, count: grouped.scores[i]!.length })).filter(({ count }) => count > 0) }
    }
    for (const run of runs)
      groupFigures.push(...figuresOf(part, method, run, names))
    groupFigures.push(...gapsOf(part, method, runs, names))
  }
  return { groupings: counted ? [counted] : [], groupFigures }
}

const valuesOf = (scores: readonly SampleScore[]): number[] => scores.map(({ score }) => score)

/** What one group of a run's test samples reaches. */
export type GroupValue = Pick<GroupFigure, 'by' | 'value' | 'count' | 'interval'> & { group: string }

/** What one run reaches in each group of people that its data set knows, of its scores by sample. */
export function valuesByGroup(scores: readonly SampleScore[], dataset: string): GroupValue[] {
  const pack = openDataset(dataset)
  try {
    return groupingsOf(pack.meta.tasks).filter(({ by }) => usual.includes(by)).flatMap((grouping) => {
      const names = [...grouping.groups, mixedPairs]
      return inGroups(scores, grouping, pack).scores.flatMap((own, place) => own.length === 0 ? [] : [{ by: grouping.by, group: names[place]!, ...valueOf(own) }])
    })
  }
  finally {
    pack.close()
  }
}

function valueOf(scores: readonly SampleScore[]): Pick<GroupFigure, 'value' | 'count' | 'interval'> {
  return { value: mean(valuesOf(scores)), count: scores.length, interval: bootstrap(valuesOf(scores), { clusters: clustersOf(scores) }).interval }
}

/** Clusters of some samples, where any has one. */
function clustersOf(scores: readonly SampleScore[]): string[] | undefined {
  return scores.some(({ cluster }) => cluster !== null) ? scores.map(({ id, cluster }) => cluster ?? id) : undefined
}

function figuresOf({ knowledge, scope, grouping }: Part, method: string, { source: { seed, key }, scores }: { source: CellSource, scores: SampleScore[][] }, names: readonly string[]): GroupFigure[] {
  return scores.flatMap((own, place): GroupFigure[] => own.length === 0
    ? []
    : [{ knowledge: knowledge.name, scope, by: grouping.by, group: names[place]!, method, seed, key, ...valueOf(own) }])
}

/** The gap of each seed between the two groups that are best and worst over all seeds. */
function gapsOf({ knowledge, scope, grouping }: Part, method: string, runs: readonly { source: CellSource, scores: SampleScore[][] }[], names: readonly string[]): GroupFigure[] {
  const { better } = measureOfKnowledge(knowledge)
  const places = grouping.groups.map((_, place) => place).filter(place => runs.length > 0 && runs.every(({ scores }) => scores[place]!.length >= smallestGroup))
  if (places.length < 2)
    return []
  const level = (place: number): number => mean(runs.map(({ scores }) => mean(valuesOf(scores[place]!))))
  const ordered = places.toSorted((a, b) => level(a) - level(b))
  const [low, high] = [ordered[0]!, ordered.at(-1)!]
  const [best, worst] = better === 'higher' ? [high, low] : [low, high]
  return runs.map(({ source: { seed, key }, scores }): GroupFigure => {
    const [a, b] = [scores[high]!, scores[low]!]
    return {
      knowledge: knowledge.name,
      scope,
      by: grouping.by,
      group: null,
      method,
      seed,
      key,
      value: mean(valuesOf(a)) - mean(valuesOf(b)),
      count: a.length + b.length,
      interval: bootstrapDifference({ values: valuesOf(a), clusters: clustersOf(a) }, { values: valuesOf(b), clusters: clustersOf(b) }).interval,
      note: `best ${names[best]}, worst ${names[worst]}`,
    }
  })
}
