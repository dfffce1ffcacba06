import type { Sample, Split, Task } from '#shared/dataset.ts'

/** What `dataset add` tells: counts of what was found. */
export interface DatasetSummary {
  format: string
  title: string
  why: string
  samples: number
  rejected: number
  splits: Record<Split | 'none', number>
  subjects: number
  unseen: number
  pairs: number
  /** Per classification task the samples of each class, per regression task lowest and highest label, of attributes the samples that have each. */
  labels: Record<string, Record<string, number>>
  bytes: number
  licence: string
  notes: string[]
}

/** Counts samples one by one, so that none has to be kept. */
export interface SampleTally {
  add: (sample: Sample & { bytes: number }) => void
  counts: () => Pick<DatasetSummary, 'samples' | 'splits' | 'subjects' | 'unseen' | 'labels' | 'bytes'>
}

/** @param tasks  of the data set, whose labels are counted */
export function createTally(tasks: Record<string, Task>): SampleTally {
  const splits = { train: 0, validation: 0, test: 0, none: 0 }
  const subjects = new Set<string>()
  const labels = Object.entries(tasks).flatMap(([name, task]) => task.kind === 'verification' ? [] : [{ name, label: task.label, counter: counterOf(task) }])
  let [samples, unseen, bytes] = [0, 0, 0]
  return {
    add(sample) {
      samples++
      splits[sample.split ?? 'none']++
      if (sample.subject !== null)
        subjects.add(sample.subject)
      unseen += Number(sample.unseen)
      bytes += sample.bytes
      for (const { label, counter } of labels) {
        const value = sample.labels[label]
        if (value !== undefined)
          counter.add(value)
      }
    },
    counts: () => ({ samples, splits, subjects: subjects.size, unseen, labels: Object.fromEntries(labels.map(({ name, counter }) => [name, counter.counts()])), bytes }),
  }
}

interface Counter { add: (value: number | string) => void, counts: () => Record<string, number> }

function counterOf(task: Exclude<Task, { kind: 'verification' }>): Counter {
  switch (task.kind) {
    case 'regression': {
      let [lowest, highest] = [Infinity, -Infinity]
      return {
        add(value) {
          lowest = Math.min(lowest, Number(value))
          highest = Math.max(highest, Number(value))
        },
        counts: (): Record<string, number> => lowest <= highest ? { lowest, highest } : {},
      }
    }
    case 'classification': {
      const counts = new Uint32Array(task.classes.length)
      return {
        add: (value) => { counts[Number(value)]!++ },
        counts: () => Object.fromEntries(task.classes.map((title, i) => [title, counts[i]!])),
      }
    }
    case 'attributes': {
      const counts = new Uint32Array(task.attributes.length)
      return {
        add: (value) => { counts.forEach((_, i) => { counts[i]! += Number(String(value)[i] === '1') }) },
        counts: () => Object.fromEntries(task.attributes.map((title, i) => [title, counts[i]!])),
      }
    }
    default: return task satisfies never
  }
}
