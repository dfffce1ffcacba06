import type { ChartConfiguration, ChartDataset, Plugin } from 'chart.js'
import type { Series } from './series.ts'
import { themeColor } from './chart-js.ts'

export interface Axes { xTitle: string, yTitle: string, isLog: boolean, from: number | undefined, to: number | undefined, isSmall: boolean }

export type LineConfig = ChartConfiguration<'line', { x: number, y: number }[]>

/** One of our lines as Chart.js draws it, in the colours of the theme as it is now. */
export function datasetOf({ name, steps, values, color, dash = [], markers = false, faint = false }: Series): ChartDataset<'line', { x: number, y: number }[]> {
  const stroke = themeColor(`c${color}`)
  return {
    label: name,
    data: steps.map((x, index) => ({ x, y: values[index]! })),
    borderColor: faint ? `color-mix(in srgb, ${stroke} 35%, transparent)` : stroke,
    backgroundColor: stroke,
    borderWidth: faint ? 1 : markers ? 2 : 1.5,
    borderDash: dash,
    // A single value has no line: it needs its marker to be seen.
    pointRadius: (markers && steps.length <= 120) || steps.length === 1 ? 2.4 : 0,
    pointHitRadius: 6,
  }
}

/** A line chart's configuration: values as they are given, nothing sorted, parsed or animated. */
export function lineConfig(series: readonly Series[], axes: Axes, plugins: Plugin<'line'>[]): LineConfig {
  return {
    type: 'line',
    data: { datasets: series.map(datasetOf) },
    plugins,
    options: {
      parsing: false,
      normalized: true,
      layout: { padding: { right: 8, top: 4 } },
      interaction: { mode: 'nearest', axis: 'x', intersect: false },
      scales: scalesOf(axes),
      plugins: { legend: { display: false }, tooltip: { animation: false, displayColors: true } },
    },
  }
}

/** Both axes; applied again when theme, kind of axis or zoom change. */
export function scalesOf({ xTitle, yTitle, isLog, from, to, isSmall }: Axes): NonNullable<NonNullable<LineConfig['options']>['scales']> {
  const color = themeColor('axis')
  const title = (text: string): object => ({ display: text !== '' && !isSmall, text, color })
  return {
    x: {
      type: 'linear',
      min: from,
      max: to,
      title: title(xTitle),
      grid: { display: false },
      border: { display: false },
      ticks: { color, maxRotation: 0, maxTicksLimit: isSmall ? 4 : 9 },
    },
    y: {
      type: isLog ? 'logarithmic' : 'linear',
      title: title(isLog ? `${yTitle} (log)` : yTitle),
      grid: { color: themeColor('grid') },
      border: { display: false },
      ticks: { color, maxTicksLimit: isSmall ? 3 : 7, callback: value => wordTick(Number(value)) },
    },
  }
}

function wordTick(value: number): string {
  if (value === 0)
    return '0'
  const size = Math.abs(value)
  if (size >= 1e9)
    return `${Number((value / 1e9).toPrecision(3))} G`
  if (size >= 1e6)
    return `${Number((value / 1e6).toPrecision(3))} M`
  if (size >= 1e4)
    return `${Number((value / 1e3).toPrecision(3))} k`
  return size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(4)))
}
