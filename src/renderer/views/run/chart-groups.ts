import type { Series } from '#renderer/charts/series.ts'
import type { Curves } from './useRunCurves.ts'

/** A tab of the chart: curves that share an axis. */
export interface ChartGroup { name: string, yTitle: string, series: Series[], count: number }

const looks: Record<string, { name: string, group: string, color: number, markers?: boolean, dash?: number[] }> = {
  loss: { name: 'train', group: 'Loss', color: 1 },
  validationLoss: { name: 'validation', group: 'Loss', color: 2, markers: true },
  validationCosine: { name: 'validation cosine', group: 'Cosine', color: 2, markers: true },
  validationAccuracy: { name: 'validation accuracy', group: 'Accuracy', color: 2, markers: true },
  validationMae: { name: 'validation MAE', group: 'MAE', color: 2, markers: true },
  validationErrorRate: { name: 'validation error rate', group: 'Error rate', color: 2, markers: true },
  heads: { name: 'heads that learn', group: 'Heads', color: 4 },
  learningRate: { name: 'learning rate', group: 'Learning rate', color: 4 },
}
const order = ['Loss', 'Cosine', 'Accuracy', 'MAE', 'Error rate']
/** Drawn apart, in a small chart of its own. */
const apart = new Set(['Learning rate'])
/** Parts of a run (folds) that are drawn at once: more could not be told apart. */
const mostParts = 8

/** Parts of a run that has many: what stands before the last slash of its metrics ("fold-3", "decoder"). */
export function partsOf(curves: Curves): string[] {
  return [...new Set(Object.keys(curves).map(partOf))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
}

function partOf(metric: string): string {
  return metric.includes('/') ? metric.slice(0, metric.lastIndexOf('/')) : ''
}

/** Curves of some parts of a run by what they share an axis with; loss first. Lines of several parts differ by colour and dash. */
export function groupCurves(curves: Curves, parts: readonly string[]): ChartGroup[] {
  const groups = new Map<string, ChartGroup>()
  const several = parts.length > 1
  for (const [index, part] of parts.slice(0, mostParts).entries()) {
    for (const [metric, { steps, values, count }] of Object.entries(curves).filter(([metric]) => partOf(metric) === part)) {
      const plain = metric.slice(part === '' ? 0 : part.length + 1)
      const look = looks[plain] ?? { name: plain, group: 'Others', color: 3 }
      if (apart.has(look.group))
        continue
      const group = groups.get(look.group) ?? { name: look.group, yTitle: look.group.toLowerCase(), series: [], count: 0 }
      groups.set(look.group, group)
      group.count += count
      group.series.push({
        steps,
        values,
        name: several ? `${part || 'main'}: ${look.name}` : look.name,
        color: several ? 1 + index % 8 : look.color,
        markers: look.markers ?? false,
        ...several && !look.markers && { dash: [4, 3] },
      })
    }
  }
  return [...groups.values()].sort((a, b) => place(a.name) - place(b.name))
}

function place(name: string): number {
  const index = order.indexOf(name)
  return index < 0 ? order.length : index
}
