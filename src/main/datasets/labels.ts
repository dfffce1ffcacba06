import type { AttributesTask } from '#shared/attributes.ts'
import type { Histogram, SplitCounts } from '#shared/dataset-views.ts'
import type { Sample, Task } from '#shared/dataset.ts'
import { wordAttributes } from '#shared/attributes.ts'

/** Most bins of a histogram of numbers. */
const mostBins = 24

/** A sample's labels as people read them, by task: class names, numbers with their unit. */
export function labelsInWords({ labels }: Pick<Sample, 'labels'>, tasks: Record<string, Task>): Record<string, string> {
  return Object.fromEntries(Object.entries(tasks).flatMap(([name, task]) => {
    if (task.kind === 'verification')
      return []
    const value = labels[task.label]
    if (value === undefined)
      return []
    return [
      [
        name,
        wordLabel(task, value),
      ],
    ]
  }))
}

function wordLabel(task: Exclude<Task, { kind: 'verification' }>, value: number | string): string {
  switch (task.kind) {
    case 'classification': return task.classes[Number(value)] ?? String(value)
    case 'regression': return `${value} ${task.unit}`.trim()
    case 'attributes': return wordAttributes(task.attributes, String(value))
    default: return task satisfies never
  }
}

/** The few words below a face: its labels, numbers first and bare, or whom it shows. */
export function captionOf(sample: Pick<Sample, 'labels' | 'subject'>, tasks: Record<string, Task>): string {
  const words = labelsInWords(sample, tasks)
  const isNumber = (name: string): boolean => tasks[name]!.kind === 'regression'
  const names = Object.keys(words).sort((a, b) => Number(isNumber(b)) - Number(isNumber(a)))
  return names.length > 0
    ? names.slice(0, 3).map(name => isNumber(name)
        ? words[name]!.split(' ')[0]!
        : words[name]!).join(' ')
    : sample.subject ?? ''
}

/** Labels per task as bars, by split: the classes or attributes in their order, numbers in at most 24 bins of round width. */
export function histogramsOf(samples: readonly Pick<Sample, 'labels' | 'split'>[], tasks: Record<string, Task>): Histogram[] {
  return Object.entries(tasks).flatMap(([name, task]): Histogram[] => {
    if (task.kind === 'verification')
      return []
    if (task.kind === 'attributes')
      return [{ task: name, kind: task.kind, unit: null, labelled: samples.filter(({ labels }) => labels[task.label] !== undefined).length, bars: attributeBars(task, samples) }]
    const labelled = samples.flatMap(({ labels, split }) => labels[task.label] === undefined
      ? []
      : [{ value: Number(labels[task.label]), split }])
    return [
      {
        task: name,
        kind: task.kind,
        unit: task.kind === 'regression'
          ? task.unit
          : null,
        labelled: labelled.length,
        bars: task.kind === 'classification'
          ? classBars(task.classes, labelled)
          : numberBars(labelled),
      },
    ]
  })
}

type Labelled = readonly { value: number, split: Sample['split'] }[]

function classBars(classes: readonly string[], labelled: Labelled): Histogram['bars'] {
  const counts = classes.map(noCounts)
  for (const { value, split } of labelled) {
    const count = counts[value]
    if (count)
      count[split ?? 'none']++
  }
  return classes.map((label, i) => ({
    label,
    from: null,
    to: null,
    counts: counts[i]!,
  }))
}

/** A bar for each attribute: the samples that have it. */
function attributeBars({ attributes, label }: AttributesTask, samples: readonly Pick<Sample, 'labels' | 'split'>[]): Histogram['bars'] {
  const counts = attributes.map(noCounts)
  for (const { labels, split } of samples) {
    const word = String(labels[label] ?? '')
    for (const [i, count] of counts.entries()) {
      if (word[i] === '1')
        count[split ?? 'none']++
    }
  }
  return attributes.map((title, i) => ({ label: title, from: null, to: null, counts: counts[i]! }))
}

function numberBars(labelled: Labelled): Histogram['bars'] {
  if (labelled.length === 0)
    return []
  let [least, most] = [Infinity, -Infinity]
  for (const { value } of labelled) {
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  const narrowest = 1e-9 * Math.max(1e-3, Math.abs(least), Math.abs(most)) // below, sums of floats would leave their bin
  const width = most - least > narrowest
    ? roundWidth((most - least) / mostBins)
    : 1
  const first = Math.floor(least / width)
  const bars = Array.from({ length: Math.floor(most / width) - first + 1 }, (_, i) => {
    const from = tidy((first + i) * width)
    const to = tidy((first + i + 1) * width)
    return {
      label: `${from} to ${to}`,
      from,
      to,
      counts: noCounts(),
    }
  })
  for (const { value, split } of labelled)
    bars[Math.min(bars.length - 1, Math.floor(value / width) - first)]!.counts[split ?? 'none']++
  return bars
}

/** The least of 1, 2, 5, 10, 20, ... times a power of ten that is not below. */
function roundWidth(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  return tidy(power * [1, 2, 5, 10].find(step => step * power >= least)!)
}

function tidy(value: number): number {
  return Number(value.toPrecision(12))
}

function noCounts(): SplitCounts {
  return {
    train: 0,
    validation: 0,
    test: 0,
    none: 0,
  }
}
