import type { Table, TableCell, TableRow } from '#shared/table.ts'
import { describe, expect, it } from 'vitest'
import { escapeXml, lightPalette } from '#renderer/views/tables/chart-parts.ts'
import { chartOf } from '#renderer/views/tables/chart-svg.ts'
import { logTicks } from '#renderer/views/tables/time-panel.ts'
import { cell, tableOf } from './fixture.ts'

const missing = cell({ mean: null, std: null, n: 0, values: [], keys: [], missing: { reason: 'not computed yet', command: null } })

/** The picture of a table, which must be well formed. */
function draw(table: Table): { picture: Document, texts: string[], svg: string } {
  const { svg, width, height } = chartOf(table, lightPalette)
  const picture = new DOMParser().parseFromString(svg, 'image/svg+xml')
  expect(picture.querySelector('parsererror')).toBeNull()
  expect(picture.documentElement.getAttribute('viewBox')).toBe(`0 0 ${width} ${height}`)
  return { picture, svg, texts: [...picture.querySelectorAll('text')].map(text => text.textContent) }
}

/** Where a sign is drawn: the first point of its path. */
function startOf(path: Element): [number, number] {
  const [, x, y] = /^M(\S+) (\S+?)[a-z]/.exec(path.getAttribute('d')!)!
  return [Number(x), Number(y)]
}

describe('a table as a chart', () => {
  it('is a picture that stands by itself: escaped, with every figure', () => {
    const { picture, svg } = draw(tableOf({ ae: cell({ best: true }), pca: missing, concat: cell({ mean: 80, std: null, reference: 97, referenceText: '97' }) }))
    expect(svg).not.toContain('<UTK>')
    expect(svg).not.toContain('var(')
    expect(picture.querySelectorAll('circle')).toHaveLength(3) // two means, one ring around the best
    expect(picture.querySelectorAll('.sign')).toHaveLength(1) // the paper's
    expect(svg).toContain('missing')
  })

  it('tells in words what has no place on the axis of a row, and shows no accuracy above 100', () => {
    const ratio = cell({ mean: 7, reference: 59, referenceText: '59', measure: { metric: 'quantity', unit: 'times', better: 'higher' } })
    const { picture, texts } = draw(tableOf({ ae: cell({ mean: 98, std: 2 }), ratio }))
    expect(picture.querySelectorAll('circle')).toHaveLength(1)
    expect(texts).toEqual(expect.arrayContaining(['7.00 times', '100.0', '95.8'])) // 96 to 100, and a 6 % room below
  })

  it('has its note in lines that fit', () => {
    const { picture, texts } = draw(tableOf({ ae: cell() }))
    const note = texts.slice(texts.findIndex(text => text.startsWith('Methods on target knowledge, study')))
    expect(note.length).toBeGreaterThan(1)
    expect(note.join(' ')).toMatch(/^Methods on target knowledge, study small, Facet 0\.1\.0\. .* ring: best\.$/)
    expect(Math.max(...note.map(line => line.length)) * 5.7).toBeLessThanOrEqual(Number(picture.documentElement.getAttribute('width')))
  })

  it('escapes whatever a name may hold', () => {
    expect(escapeXml('a<b>"&\'')).toBe('a&#60;b&#62;&#34;&#38;&#39;')
  })
})

describe('the size of the fused embedding', () => {
  const sizes = (cells: Record<string, TableCell>, changes: object = {}): Table => ({
    ...tableOf(cells),
    table: 'size',
    figure: {
      kind: 'size',
      lines: [{ title: 'ae', points: [{ column: 'ae-64', size: 64 }, { column: 'ae-128', size: 128 }, { column: 'ae-256', size: 256 }] }],
      ownSize: 128,
      paper: { 'Gender <UTK>': 97.2 },
      paperSize: 1024,
      ...changes,
    },
  })
  const cells = { 'ae-256': cell({ mean: 91 }), 'ae-64': cell({ mean: 85 }), 'ae-128': cell({ mean: 93, best: true }) }

  it('runs over a logarithmic axis, with a cross on the best size', () => {
    const { picture, texts } = draw(sizes(cells))
    const points = picture.querySelector('polyline')!.getAttribute('points')!.split(' ').map(point => point.split(',').map(Number))
    // 64, 128, 256 are as far from each other on a logarithmic axis
    expect(points[1]![0]! - points[0]![0]!).toBeCloseTo(points[2]![0]! - points[1]![0]!, 9)
    // heights are as 85, 93, 91: up by eight, down by two
    expect((points[2]![1]! - points[1]![1]!) / (points[0]![1]! - points[1]![1]!)).toBeCloseTo(0.25, 9)
    const crosses = [...picture.querySelectorAll('path.best')]
    expect(crosses).toHaveLength(2) // one of them in the legend
    const [x, y] = startOf(crosses[1]!)
    expect([x + 5.5, y + 5.5]).toEqual([expect.closeTo(points[1]![0]!, 9), expect.closeTo(points[1]![1]!, 9)])
    expect(texts).toEqual(expect.arrayContaining(['64', '128', '256', 'best size', 'the paper\'s autoencoder, at 1024', 'what the student learns, 128']))
    expect(picture.querySelector('.own')!.getAttribute('x1')).toBe(String(points[1]![0]))
    expect(picture.querySelectorAll('line.paper')).toHaveLength(1)
  })

  it('draws each line that differs in more than size with a sign and a dash of its own', () => {
    const lines = [{ title: 'ae', points: [{ column: 'ae-64', size: 64 }, { column: 'ae-256', size: 256 }] }, { title: 'pca', points: [{ column: 'ae-128', size: 128 }] }]
    const { picture } = draw(sizes(cells, { lines, paper: {}, ownSize: null }))
    expect(new Set([...picture.querySelectorAll('polyline')].map(line => line.getAttribute('stroke-dasharray'))).size).toBe(2)
    const signs = [...picture.querySelectorAll('.sign')].map(path => path.getAttribute('d')!.replaceAll(/[\d.-]+/g, ''))
    expect(new Set(signs).size).toBe(2)
    expect(picture.querySelector('line.paper, .own')).toBeNull()
  })

  it('leaves out a size that has no figure yet', () => {
    const { picture } = draw(sizes({ ...cells, 'ae-128': missing }))
    expect(picture.querySelector('polyline')!.getAttribute('points')!.split(' ')).toHaveLength(2)
  })
})

describe('training time', () => {
  const row = (knowledge: string, cells: Record<string, TableCell>): TableRow => ({ ...tableOf(cells).rows[0]!, knowledge, metric: 'time', unit: 'min', better: 'lower', scope: null, cells })
  const at = (mean: number): TableCell => cell({ mean, std: null, interval: null })
  const table: Table = {
    ...tableOf({ ae: at(1), student: at(100), pca: missing }),
    table: 'time',
    rows: [row('Training on unlabelled faces', { ae: at(0), student: at(10), pca: missing }), row('All training', { ae: at(1), student: at(100), pca: missing })],
    figure: { kind: 'time', whole: 'All training' },
  }

  it('is on one logarithmic axis; no time has no place on it', () => {
    const { picture, texts } = draw(table)
    const signs = [...picture.querySelectorAll('g > .sign')].map(startOf)
    expect(signs).toHaveLength(3)
    const ticks = [...picture.querySelectorAll('text.tick')].map(tick => [Number(tick.textContent), Number(tick.getAttribute('x'))] as const)
    expect(ticks.map(([value]) => value)).toEqual([1, 2, 5, 10, 20, 50, 100])
    // a decade is a decade, wherever it begins
    const placeOf = (value: number): number => ticks.find(([tick]) => tick === value)![1]
    expect(placeOf(10) - placeOf(1)).toBeCloseTo(placeOf(100) - placeOf(10), 9)
    const bars = [...picture.querySelectorAll('rect.whole')].map(bar => Number(bar.getAttribute('x')) + Number(bar.getAttribute('width')))
    expect(bars).toEqual([placeOf(1), placeOf(100)])
    expect(texts).toEqual(expect.arrayContaining(['1.00 min', '100 min', 'missing', 'min, logarithmic']))
  })

  it('has ticks from below the least to above the greatest', () => {
    expect(logTicks(3, 7)).toEqual([2, 5, 10])
    expect(logTicks(0.5, 2000)).toEqual([0.1, 1, 10, 100, 1000, 10_000])
    expect(logTicks(4, 4)).toEqual([2, 5])
  })
})
