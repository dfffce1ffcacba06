import type { Plugin } from 'chart.js'
import type { Ref } from 'vue'
import type { Axes, LineConfig } from './line-config.ts'
import type { Series } from './series.ts'
import { onBeforeUnmount, onMounted, watch } from 'vue'
import { Chart } from './chart-js.ts'
import { datasetOf, lineConfig, scalesOf } from './line-config.ts'

export interface LineChartState {
  /** Reads what is reactive: anything that changes draws once in the next frame, however often it changed. */
  series: () => readonly Series[]
  axes: () => Axes
  /** Anything else to draw again for, e.g. marks or the theme. */
  also: () => unknown
  plugins: Plugin<'line'>[]
}

/** A Chart.js line chart on a canvas, for as long as the component lives. */
export function useLineChart(canvas: Readonly<Ref<HTMLCanvasElement | null>>, { series, axes, also, plugins }: LineChartState): { stepAt: (pixel: number) => number | undefined } {
  let chart: Chart<'line', LineConfig['data']['datasets'][0]['data']> | undefined
  let frame = 0
  function draw(): void {
    frame = 0
    if (!chart)
      return
    chart.data.datasets = series().map(datasetOf)
    chart.options.scales = scalesOf(axes())
    chart.update('none')
  }
  const request = (): void => { frame ||= requestAnimationFrame(draw) }
  onMounted(() => { chart = new Chart(canvas.value!, lineConfig(series(), axes(), plugins)) })
  watch([series, axes, also], request)
  onBeforeUnmount(() => {
    cancelAnimationFrame(frame)
    chart?.destroy()
  })
  return { stepAt: pixel => chart?.scales.x?.getValueForPixel(pixel) }
}
