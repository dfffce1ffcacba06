import { CategoryScale, Chart, LinearScale, LineController, LineElement, LogarithmicScale, PointElement, ScatterController } from 'chart.js'

// Only what our charts use, so that the page stays small. Importing this registers it, as Chart.js wants it.
Chart.register(LineController, ScatterController, LineElement, PointElement, LinearScale, LogarithmicScale, CategoryScale)
Chart.defaults.font.family = 'Inter, system-ui, sans-serif'
Chart.defaults.font.size = 11
Chart.defaults.animation = false
Chart.defaults.maintainAspectRatio = false

/** The value of one of the theme's colours, for what is drawn on a canvas. */
export function themeColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

export { Chart }
