import type { Combination, Table, TableFigure, TableRow } from '#shared/table.ts'
import type { Drawing, Palette } from './chart-parts.ts'
import { endsOf } from '#renderer/charts/axis-ends.ts'
import { csvField } from '#shared/csv-field.ts'
import { mean } from '#shared/statistics.ts'
import { printFigure, wordMetric } from '#shared/table-words.ts'
import { cross, escapeXml, shorten, signLegend, ticksOf } from './chart-parts.ts'

export type SelectionFigure = Extract<TableFigure, { kind: 'selection' }>

const choicesWidth = 430
const combinationsWidth = 780
const [left, right, foot, plotHeight] = [58, 16, 44, 210]
const labelWidth = 132
/** Bars of selections that choose on validation are filled, those of oracles hollow; those of single teachers are paler or dashed. */
const looks: Record<string, { opacity: number, dash?: string }> = { 'bct': { opacity: 1 }, 'bt': { opacity: 0.45 }, 'bct-oracle': { opacity: 0 }, 'bt-oracle': { opacity: 0, dash: '3 2' } }

/** How often each teacher is among the chosen ones, the most frequent first: a bar for each selection (Vielzeuf et al. 2019, Table 6). */
export function choicesPanel({ teachers, choices }: SelectionFigure, { columnTitles }: Table, palette: Palette): Drawing {
  const order = [...teachers.keys()].sort((a, b) => totalOf(b) - totalOf(a) || a - b)
  const most = Math.max(1, ...choices.map(({ of }) => of))
  const x = (count: number): number => labelWidth + count / most * (choicesWidth - labelWidth - 34)
  const bar = choices.length > 2 ? 8 : 12
  const lane = choices.length * (bar + 2) + 10
  const legend = signLegend(choices.map(({ column, of }) => ({
    text: `${columnTitles[column] ?? column}, ${of} ${of === 1 ? 'choice' : 'choices'}`,
    draw: ([at, y]: [number, number]) => barOf(column, [at - 6, y - 5], [13, 10], palette),
  })), { x: 6, y: 12, width: choicesWidth - 12, colour: palette.text })
  const top = legend.height + 12
  const bottom = top + teachers.length * lane
  const ticks = ticksOf(0, most).filter(Number.isInteger)
  function totalOf(place: number): number {
    return choices.reduce((sum, { counts }) => sum + counts[place]!, 0)
  }
  return {
    width: choicesWidth,
    height: bottom + 24,
    svg: [
      legend.svg,
      ...ticks.map(count => `<line x1="${x(count)}" x2="${x(count)}" y1="${top}" y2="${bottom}" stroke="${palette.grid}"/><text class="tick" x="${x(count)}" y="${bottom + 15}" text-anchor="middle" fill="${palette.quiet}">${count}</text>`),
      ...order.map((place, i) => {
        const y = top + i * lane
        const bars = choices.map(({ column, of, counts }, j) => {
          const at: [number, number] = [x(0), y + 5 + j * (bar + 2)]
          const words = `${teachers[place]}: ${counts[place]} of ${of} choices of ${columnTitles[column] ?? column}`
          return `<g class="choice"><title>${escapeXml(words)}</title>${barOf(column, at, [x(counts[place]!) - x(0), bar], palette)}<text x="${x(counts[place]!) + 5}" y="${at[1] + bar / 2 + 4}" fill="${palette.quiet}" font-size="10">${counts[place]}</text></g>`
        })
        return `<text class="teacher" x="${labelWidth - 8}" y="${y + lane / 2 + 4}" text-anchor="end" fill="${palette.text}">${escapeXml(shorten(teachers[place]!))}</text>${bars.join('')}`
      }),
    ].join(''),
  }
}

function barOf(column: string, [x, y]: [number, number], [width, height]: [number, number], { ours }: Palette): string {
  const { opacity, dash = '' } = looks[column]!
  return width <= 0 ? '' : `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${ours}" fill-opacity="${opacity}" stroke="${ours}" stroke-dasharray="${dash}"/>`
}

/** The best combination on the test set: what an oracle takes. */
export function oracleOf(points: readonly Combination[], { better }: Pick<TableRow, 'better'>): Combination {
  return points.reduce((best, point) => (better === 'higher' ? point.test > best.test : point.test < best.test) ? point : best)
}

/** Names of a combination's teachers. */
export function namesOf({ teachers: names }: SelectionFigure, { teachers }: Pick<Combination, 'teachers'>): string {
  return teachers.map(place => names[place]).join(' + ')
}

/**
 * What every combination of teachers reaches on the test set, over how many teachers it has: a ring around what was chosen, a cross on
 * the best, the mean of all as a dashed line and all teachers combined as a solid one.
 */
export function combinationsPanel(row: TableRow, { figure, table }: { figure: SelectionFigure, table: Table }, palette: Palette): Drawing {
  const { points, column } = figure.combinations.find(one => one.row === row.knowledge)!
  const isOracle = row.cells[column]?.marks.includes('oracle') ?? false
  const line = figure.line === null ? null : row.cells[figure.line]!.mean
  const average = mean(points.map(({ test }) => test))
  const print = (value: number): string => printFigure(value, row.metric)
  const titleOf = (name: string): string => table.columnTitles[name] ?? name
  const [best, chosen] = [oracleOf(points, row), points.filter(point => point.chosen > 0)]
  const dash = (colour: string, array: string) => ([x, y]: [number, number]) => `<line x1="${x - 8}" x2="${x + 8}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="1.5" stroke-dasharray="${array}"/>`
  const legend = signLegend([
    { text: `a combination of teachers (${points.length})`, draw: at => dotOf(at, palette) },
    ...chosen.map(point => ({ text: shorten(`chosen by ${titleOf(column)}${isOracle ? '' : ' on validation'}: ${namesOf(figure, point)}, ${print(point.test)}${chosen.length > 1 ? ` (${point.chosen} of ${point.n} seeds)` : ''}`, 110), draw: (at: [number, number]) => ringOf(at, palette, 6) })),
    { text: shorten(`best on the test set (oracle): ${namesOf(figure, best)}, ${print(best.test)}`, 110), draw: ([x, y]) => cross(x, y, palette) },
    { text: `mean of all combinations, ${print(average)}`, draw: dash(palette.quiet, '4 3') },
    ...line === null ? [] : [{ text: `all teachers through ${titleOf(figure.line!)}, ${print(line)}`, draw: dash(palette.best, '') }],
  ], { x: 6, y: 12, width: combinationsWidth - 12, colour: palette.text })
  const [top, bottom] = [legend.height + 12, legend.height + 12 + plotHeight]
  const [low, high] = endsOf([...points.map(({ test }) => test), ...line === null ? [] : [line]], row.metric)
  const y = (value: number): number => bottom - (value - low) / (high - low) * plotHeight
  const sizes = Math.max(...points.map(({ teachers }) => teachers.length))
  const lane = (combinationsWidth - left - right) / sizes
  const across = (value: number, kind: string, colour: string, array: string): string => `<line class="${kind}" x1="${left}" x2="${combinationsWidth - right}" y1="${y(value)}" y2="${y(value)}" stroke="${colour}" stroke-width="1.5" stroke-dasharray="${array}"/>`
  const placed = [...Map.groupBy(points, ({ teachers }) => teachers.length)].flatMap(([size, same]) => same.map((point, i) => ({
    point,
    // beside each other, so that equal ones are all seen
    at: [left + (size - 0.5) * lane + (i - (same.length - 1) / 2) * Math.min(14, lane * 0.7 / Math.max(1, same.length - 1)), y(point.test)] as [number, number],
  })))
  return {
    width: combinationsWidth,
    height: bottom + foot,
    svg: [
      legend.svg,
      ...ticksOf(low, high).map(value => `<line x1="${left}" x2="${combinationsWidth - right}" y1="${y(value)}" y2="${y(value)}" stroke="${palette.grid}"/><text x="${left - 6}" y="${y(value) + 4}" text-anchor="end" fill="${palette.quiet}">${print(value)}</text>`),
      ...Array.from({ length: sizes }, (_, i) => `<text class="size" x="${left + (i + 0.5) * lane}" y="${bottom + 17}" text-anchor="middle" fill="${palette.quiet}">${i + 1}</text>`),
      `<text x="${left + (combinationsWidth - left - right) / 2}" y="${bottom + 35}" text-anchor="middle" fill="${palette.quiet}">number of teachers concatenated</text>`,
      `<text transform="translate(13 ${top + plotHeight / 2}) rotate(-90)" text-anchor="middle" fill="${palette.quiet}">${escapeXml(`${wordMetric(row)}, test`)}</text>`,
      across(average, 'average', palette.quiet, '4 3'),
      line === null ? '' : across(line, 'fused', palette.best, ''),
      ...placed.map(({ point, at }) => `<g class="combination"><title>${escapeXml(wordsOf(point))}</title>${dotOf(at, palette)}${point === best ? cross(...at, palette) : ''}${point.chosen > 0 ? ringOf(at, palette) : ''}</g>`),
    ].join(''),
  }
  function wordsOf(point: Combination): string {
    const validation = point.validation === null ? '' : `, on validation ${print(point.validation)}`
    return `${namesOf(figure, point)}: ${print(point.test)}${validation}, ${point.n} ${point.n === 1 ? 'seed' : 'seeds'}${point.chosen > 0 ? `, chosen by ${point.chosen}` : ''}`
  }
}

function dotOf([x, y]: [number, number], { ours }: Palette): string {
  return `<circle class="dot" cx="${x}" cy="${y}" r="3.5" fill="${ours}" fill-opacity=".7"/>`
}

function ringOf([x, y]: [number, number], { best }: Palette, radius = 8): string {
  return `<circle class="chosen" cx="${x}" cy="${y}" r="${radius}" fill="none" stroke="${best}" stroke-width="1.8"/>`
}

/** Both panels beside each other, to be saved. */
export function selectionChart(row: TableRow, { figure, table }: { figure: SelectionFigure, table: Table }, palette: Palette): Drawing {
  const [choices, combinations] = [choicesPanel(figure, table, palette), combinationsPanel(row, { figure, table }, palette)]
  const title = (text: string): string => `<text x="6" y="16" fill="${palette.text}" font-weight="500" font-size="12.5">${escapeXml(text)}</text>`
  const between = choicesWidth + 20
  return {
    width: between + combinationsWidth,
    height: 26 + Math.max(choices.height, combinations.height),
    svg: `${title('Teachers in the chosen combinations')}<g transform="translate(0 26)">${choices.svg}</g><g transform="translate(${between} 0)">${title(`Combinations of teachers on ${row.knowledge}`)}<g transform="translate(0 26)">${combinations.svg}</g></g>`,
  }
}

/** Every combination of every row: RFC 4180. */
export function selectionCsv(figure: SelectionFigure, { rows }: Pick<Table, 'rows'>): string {
  const lines = figure.combinations.flatMap(({ row, column, points }) => {
    const { metric, unit } = rows.find(({ knowledge }) => knowledge === row)!
    return points.map(point => [row, column, metric, unit, namesOf(figure, point), point.teachers.length, point.validation, point.test, point.n, point.chosen])
  })
  return ['knowledge,selection,metric,unit,teachers,number of teachers,validation,test,seeds,seeds that chose it', ...lines.map(line => line.map(csvField).join(',')), ''].join('\r\n')
}
