import type { Chart, Plugin } from 'chart.js'
import type { Mark } from './series.ts'
import { themeColor } from './chart-js.ts'

/** Draws marks as lines over the chart, with their words and, where they have a value, a star. */
export function marksPlugin(marks: () => readonly Mark[]): Plugin<'line'> {
  return {
    id: 'marks',
    afterDatasetsDraw(chart) {
      const { ctx, chartArea: area, scales } = chart
      for (const [index, mark] of marks().entries()) {
        const x = scales.x!.getPixelForValue(mark.step)
        if (x < area.left - 1 || x > area.right + 1)
          continue
        ctx.save()
        drawLine(chart, x, mark)
        drawWords(chart, x, mark, index)
        if (mark.value !== undefined)
          drawStar(chart, x, scales.y!.getPixelForValue(mark.value))
        ctx.restore()
      }
    },
  }
}

function drawLine({ ctx, chartArea: area }: Chart, x: number, { tone }: Mark): void {
  ctx.strokeStyle = themeColor(tone === 'ok' ? 'ok' : 'warn-mark')
  ctx.lineWidth = 1.2
  ctx.setLineDash(tone === 'ok' ? [] : [3, 3])
  ctx.beginPath()
  ctx.moveTo(x, area.top)
  ctx.lineTo(x, area.bottom)
  ctx.stroke()
}

function drawWords({ ctx, chartArea: area }: Chart, x: number, { text, tone }: Mark, index: number): void {
  ctx.font = '500 11px Inter, sans-serif'
  ctx.fillStyle = themeColor(tone)
  const isRight = x + ctx.measureText(text).width + 8 < area.right
  ctx.textAlign = isRight ? 'left' : 'right'
  ctx.fillText(text, x + (isRight ? 6 : -6), area.top + 11 + 14 * (index % 3))
}

function drawStar({ ctx }: Chart, x: number, y: number): void {
  ctx.setLineDash([])
  ctx.fillStyle = themeColor('ok')
  ctx.strokeStyle = themeColor('card')
  ctx.beginPath()
  for (let corner = 0; corner < 10; corner++) {
    const angle = -Math.PI / 2 + corner * Math.PI / 5
    const radius = corner % 2 ? 3.4 : 8
    ctx.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle))
  }
  ctx.closePath()
  ctx.fill()
  ctx.stroke()
}
