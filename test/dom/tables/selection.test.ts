import type { Table } from '#shared/table.ts'
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { describe, expect, it } from 'vitest'
import { desktopKey } from '#renderer/client/desktop.ts'
import { lightPalette } from '#renderer/views/tables/chart-parts.ts'
import { choicesPanel, combinationsPanel, selectionCsv } from '#renderer/views/tables/selection-panels.ts'
import SelectionPanels from '#renderer/views/tables/SelectionPanels.vue'
import { cell, tableOf } from './fixture.ts'

const figure = {
  kind: 'selection' as const,
  teachers: ['face<res>', 'dlib', 'emotion'],
  choices: [{ column: 'bt', of: 4, counts: [1, 3, 0] }, { column: 'bct', of: 4, counts: [2, 4, 1] }],
  combinations: [{ row: 'Gender <UTK>', column: 'bct', points: [
    { teachers: [0], validation: 88, test: 80, chosen: 0, n: 3 },
    { teachers: [1], validation: 91, test: 90, chosen: 1, n: 3 },
    { teachers: [2], validation: null, test: 70, chosen: 0, n: 3 },
    { teachers: [0, 1], validation: 93, test: 88, chosen: 2, n: 3 },
    { teachers: [1, 2], validation: 89, test: 92, chosen: 0, n: 3 },
  ] }],
  line: 'ae',
}
const table: Table = { ...tableOf({ ae: cell({ mean: 94 }), bct: cell() }), table: 'combiners', figure, columnTitles: { ae: 'ae', bct: 'BCT', bt: 'BT' } }
const row = table.rows[0]!

function parse({ svg }: { svg: string }): Document {
  const picture = new DOMParser().parseFromString(`<svg xmlns="http://www.w3.org/2000/svg">${svg}</svg>`, 'image/svg+xml')
  expect(picture.querySelector('parsererror')).toBeNull()
  return picture
}

describe('how often each teacher is chosen', () => {
  it('is a bar for each selection, the most frequent teacher first', () => {
    const picture = parse(choicesPanel(figure, table, lightPalette))
    expect([...picture.querySelectorAll('text.teacher')].map(text => text.textContent)).toEqual(['dlib', 'face<res>', 'emotion'])
    const bars = [...picture.querySelectorAll('g.choice')].map(bar => [bar.querySelector('title')!.textContent, Number(bar.querySelector('rect')?.getAttribute('width') ?? 0)] as const)
    expect(bars.map(([title]) => title)).toEqual(['dlib: 3 of 4 choices of BT', 'dlib: 4 of 4 choices of BCT', 'face<res>: 1 of 4 choices of BT', 'face<res>: 2 of 4 choices of BCT', 'emotion: 0 of 4 choices of BT', 'emotion: 1 of 4 choices of BCT'])
    const unit = bars[2]![1]
    expect(bars.map(([, width]) => width / unit)).toEqual([3, 4, 1, 2, 0, 1].map(value => expect.closeTo(value, 9) as unknown))
    expect([...picture.querySelectorAll('text.tick')].map(text => text.textContent)).toEqual(['0', '1', '2', '3', '4'])
  })
})

describe('what each combination reaches', () => {
  const draw = (changes: Partial<typeof row> = {}) => parse(combinationsPanel({ ...row, ...changes }, { figure, table }, lightPalette))
  const places = (picture: Document) => [...picture.querySelectorAll('g.combination')].map((group) => {
    const dot = group.querySelector('.dot')!
    return { title: group.querySelector('title')!.textContent, x: Number(dot.getAttribute('cx')), y: Number(dot.getAttribute('cy')), isChosen: group.querySelector('.chosen') !== null, isBest: group.querySelector('.best') !== null }
  })

  it('stands over the number of its teachers at its score on the test set', () => {
    const picture = draw()
    const dots = places(picture)
    expect(dots.map(({ title }) => title)).toEqual(['face<res>: 80.0, on validation 88.0, 3 seeds', 'dlib: 90.0, on validation 91.0, 3 seeds, chosen by 1', 'emotion: 70.0, 3 seeds', 'face<res> + dlib: 88.0, on validation 93.0, 3 seeds, chosen by 2', 'dlib + emotion: 92.0, on validation 89.0, 3 seeds'])
    // heights are as 80, 90, 70
    expect((dots[1]!.y - dots[0]!.y) / (dots[2]!.y - dots[0]!.y)).toBeCloseTo(-1, 9)
    const sizes = new Map([...picture.querySelectorAll('text.size')].map(text => [text.textContent, Number(text.getAttribute('x'))]))
    expect([...sizes.keys()]).toEqual(['1', '2'])
    expect(dots[1]!.x).toBeCloseTo(sizes.get('1')!, 9) // the middle one of three
    expect((dots[3]!.x + dots[4]!.x) / 2).toBeCloseTo(sizes.get('2')!, 9)
    expect(new Set(dots.map(({ x, y }) => `${x} ${y}`)).size).toBe(5)
  })

  it('rings what was chosen, crosses the best on test, and has the mean and all teachers combined as lines', () => {
    const picture = draw()
    expect(places(picture).map(({ isChosen }) => isChosen)).toEqual([false, true, false, true, false])
    expect(places(picture).map(({ isBest }) => isBest)).toEqual([false, false, false, false, true])
    const texts = [...picture.querySelectorAll('text')].map(text => text.textContent)
    expect(texts).toEqual(expect.arrayContaining(['chosen by BCT on validation: face<res> + dlib, 88.0 (2 of 3 seeds)', 'best on the test set (oracle): dlib + emotion, 92.0', 'mean of all combinations, 84.0', 'all teachers through ae, 94.0']))
    const [dots, heightOf] = [places(picture), (kind: string) => Number(picture.querySelector(`line.${kind}`)!.getAttribute('y1'))]
    const perPoint = (dots[2]!.y - dots[0]!.y) / 10
    expect(heightOf('average')).toBeCloseTo(dots[0]!.y - 4 * perPoint, 9)
    expect(heightOf('fused')).toBeCloseTo(dots[0]!.y - 14 * perPoint, 9)
  })

  it('has the lowest for best where lower is better', () => {
    expect(places(draw({ better: 'lower', metric: 'mae' })).map(({ isBest }) => isBest)).toEqual([false, false, true, false, false])
  })
})

it('all combinations are a table for a spreadsheet', () => {
  expect(selectionCsv(figure, table).split('\r\n').slice(0, 3)).toEqual([
    'knowledge,selection,metric,unit,teachers,number of teachers,validation,test,seeds,seeds that chose it',
    'Gender <UTK>,bct,accuracy,%,face<res>,1,88,80,3,0',
    'Gender <UTK>,bct,accuracy,%,dlib,1,91,90,3,1',
  ])
})

it('below the table the panels tell readers of screens what they show, and save as SVG and CSV', async () => {
  const saved: { name: string, content: unknown }[] = []
  const desktop = { saveFile: async (file: { name: string, content: unknown }) => { saved.push(file); return file.name } }
  const view = mount(SelectionPanels, { props: { table, figure }, global: { plugins: [createPinia()], provide: { [desktopKey as symbol]: desktop } } })
  await view.vm.$nextTick()
  expect(view.findAll('[role=img]').map(image => image.attributes('aria-label'))).toEqual([
    'BT: face<res> 1, dlib 3, emotion 0 of 4 choices; BCT: face<res> 2, dlib 4, emotion 1 of 4 choices',
    '5 combinations on Gender <UTK>; chosen: dlib with 90.0, face<res> + dlib with 88.0; best on the test set: dlib + emotion with 92.0',
  ])
  expect(view.findAll('g.combination')).toHaveLength(5)
  for (const name of ['Save SVG…', 'Save CSV…'])
    await view.findAll('button').find(button => button.text() === name)!.trigger('click')
  expect(saved.map(({ name }) => name)).toEqual(['small-combiners-selection-Gender <UTK>.svg', 'small-combiners-selection.csv'])
  expect(JSON.stringify(saved[0])).toContain('Selection of teachers on Gender &#60;UTK&#62;')
})
