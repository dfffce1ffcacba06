import type { TableMark } from '#shared/table.ts'
import { parse } from 'csv-parse/sync'
import { describe, expect, it } from 'vitest'
import { escapeHtml } from '#main/tables/formats/html.ts'
import { writeTable } from '#main/tables/formats/index.ts'
import { escapeLatex } from '#main/tables/formats/latex.ts'
import { escapeMarkdown } from '#main/tables/formats/md.ts'
import { writeReport } from '#main/tables/report.ts'
import { buildTable, tableKinds } from '#main/tables/table.ts'
import { csvField } from '#shared/csv-field.ts'
import { tableMarks } from '#shared/table.ts'
import { studyInput } from './fixture.ts'

const target = buildTable('target', studyInput())
const hostile = buildTable('faces', studyInput({
  study: '=HYPERLINK("x")',
  datasets: [
    {
      ...studyInput().datasets[0]!,
      name: '<img src=x onerror=alert(1)>|_%',
      licence: '<script>&',
    },
  ],
}))

describe('markdown', () => {
  const text = writeTable(target, 'md')
  it('has a line per row with best in bold and the paper\'s figure in brackets', () => {
    expect(text).toContain('| Gender-UTK | accuracy, % ↑ | **90.0 ± 0.0** (n=2) | 85.0† (n=1) | **90.0 ± 2.0**† \\[97.2\\] | – \\[90\\] |')
    expect(text).toContain('| AgeR-UTK | MAE, years ↓ |')
  })
  it('gives each reason once, with its command', () => {
    expect(text.match(/identity training needs VGGFace2/g)).toHaveLength(1)
    expect(text).toContain('scratch on Identity-LFW, Identity-LFW (unseen)')
    expect(text).toContain('`npm run facet -- run sample.yaml`')
  })
  it('keeps a bar or a tag in a name from becoming markup', () => {
    expect(writeTable(hostile, 'md')).toContain('| \\<img src=x onerror=alert(1)\\>\\|\\_% |')
    expect(escapeMarkdown('a|b\n*c*')).toBe('a\\|b \\*c\\*')
  })
})

describe('csv', () => {
  it('has one record per cell that reads back, in full precision', () => {
    const records = parse(writeTable(target, 'csv'), { columns: true }) as Record<string, string>[]
    expect(records).toHaveLength(target.rows.length * target.columns.length)
    const ae = records.find(({ knowledge, method }) => knowledge === 'Gender-UTK' && method === 'ae')
    expect(ae).toMatchObject({
      mean: '90',
      std: '2',
      n: '3',
      values: '88 90 92',
      reference: '97.2',
      marks: 'contaminated',
      keys: 'ae0 ae1 ae2',
      study: 'sample',
      version: '0.1.0',
      better: 'higher',
    })
    const scratch = records.find(({ knowledge, method }) => knowledge === 'Identity-LFW' && method === 'scratch')
    expect(scratch).toMatchObject({ mean: '', n: '0', missing: 'identity training needs VGGFace2' })
  })
  it.each([
    '=1+1',
    '+1',
    '-1',
    '@x',
    '\t=1',
    '\r=1',
    '\n=1',
    '＝1+1',
  ])('disarms the formula %j', (text) => {
    expect(csvField(text)).toContain(`'${text}`)
  })
  it('leaves negative numbers numbers and quotes what needs quotes', () => {
    expect(csvField(-1.5)).toBe('-1.5')
    expect(csvField('a "b", c')).toBe('"a ""b"", c"')
    expect(writeTable(hostile, 'csv')).toContain('"\'=HYPERLINK(""x"")"')
  })
})

it('json holds what was promised', () => {
  expect(JSON.parse(writeTable(target, 'json'))).toMatchObject({
    table: 'target',
    study: 'sample',
    columns: [
      'teacher:dlib',
      'teacher:age-gender',
      'ae',
      'scratch',
    ],
    rows: [
      {
        knowledge: 'Gender-UTK',
        metric: 'accuracy',
        better: 'higher',
        cells: {
          ae: {
            mean: 90,
            std: 2,
            n: 3,
            values: [88, 90, 92],
            reference: 97.2,
          },
        },
      },
      {},
      {},
      {},
    ],
  })
})

describe('latex', () => {
  const text = writeTable(target, 'latex')
  it('is a booktabs table with as many cells in each row as columns', () => {
    for (const rule of [
      '\\toprule',
      '\\midrule',
      '\\bottomrule',
      '\\begin{tabular}{llrrrr}',
      '\\label{tab:target}',
    ])
      expect(text).toContain(rule)
    const rows = text.split('\n').filter(line => line.endsWith(' \\\\'))
    expect(rows).toHaveLength(5)
    expect(rows.every(row => row.split(' & ').length === 6)).toBe(true)
  })
  it('writes signs as LaTeX does', () => {
    expect(text).toContain('\\textbf{90.0 $\\pm$ 2.0}$^\\dagger$ {\\scriptsize [97.2]}')
    expect(text.split('\n').filter(line => !line.startsWith('%') && !line.startsWith('  %')).join('')).not.toMatch(/[±†‡–↑↓]/)
  })
  it('escapes every special character, its own replacements not again', () => {
    expect(escapeLatex('\\{}$&#%_~^')).toBe('\\textbackslash{}\\{\\}\\$\\&\\#\\%\\_\\textasciitilde{}\\textasciicircum{}')
  })
})

describe('html', () => {
  const text = writeTable(target, 'html')
  it('is one page without script or anything fetched', () => {
    expect(text).toMatch(/^<!doctype html>/)
    expect(text).not.toMatch(/<script|<link|<img|src=|@import|url\(/i)
  })
  it('shows figures, best, paper and the reason of a missing cell', () => {
    expect(text).toContain('<td class="best" title="95 % interval 87.00 to 93.00; n = 358"><span class="figure">90.0 ± 2.0</span><sup>†</sup> <span class="reference">paper 97.2</span></td>')
    expect(text).toContain('title="identity training needs VGGFace2"')
  })
  it('escapes what comes from outside', () => {
    expect(escapeHtml('<a href="x">&\'')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;')
    expect(writeTable(hostile, 'html')).not.toMatch(/<img|<script/)
    expect(writeReport({
      name: '<b>',
      recipe: '</pre><script>',
      version: '1',
      time: 't',
      runs: [
        { key: '<i>', stage: 's', label: '<u>' },
      ],
      versions: { engine: '<s>' },
    }, [hostile])).not.toMatch(/<script|<b>|<i>|<u>|<s>|<img/)
  })
})

describe('text', () => {
  it('fits the width by splitting columns into blocks', () => {
    const lines = writeTable(target, 'text', { width: 72 }).split('\n')
    expect(Math.max(...lines.map(line => line.length))).toBeLessThanOrEqual(72)
    expect(lines.filter(line => line.startsWith('knowledge')).length).toBeGreaterThan(1)
    expect(lines.filter(line => line.startsWith('knowledge')).join(' ')).toMatch(/dlib.*age-gender.*ae.*scratch/)
  })
  it('marks the best with * where nothing can be bold, and with bold where it can', () => {
    expect(writeTable(target, 'text')).toContain('90.0 ± 2.0*†')
    expect(writeTable(target, 'text', { isStyled: true })).toContain('90.0 ± 2.0†\u001B[22m')
  })
})

it('the report holds all tables, notices and provenance in one file', () => {
  const text = writeReport({
    name: 'sample',
    recipe: 'study: sample',
    version: '0.1.0',
    time: '2026-11-24',
    runs: [
      {
        key: 'k'.repeat(64),
        stage: 'combine',
        label: 'ae, seed 0',
      },
    ],
    versions: { TensorFlow: '2.21.0' },
  }, [target, hostile])
  for (const part of [
    '<section id="target">',
    '<section id="faces">',
    'study: sample',
    'k'.repeat(64),
    'TensorFlow 2.21.0',
    'Facet 0.1.0',
    'personal data',
    'hal-02342091',
  ])
    expect(text).toContain(part)
})

it('an unknown format is refused with those there are', () => {
  expect(() => writeTable(target, 'markdwon')).toThrow('There is no table format "markdwon"')
})

it('laTeX of every table and mark has no character that T1 fonts lack, and as many cells in each line as columns', () => {
  const input = studyInput()
  const marked = { ...input, sources: input.sources.map(one => ({ ...one, marks: Object.keys(tableMarks) as TableMark[] })) }
  for (const name of tableKinds) {
    const table = buildTable(name, marked)
    const tex = writeTable(table, 'latex')
    expect([...tex].filter(character => character.codePointAt(0)! > 0xFF), name).toEqual([])
    const lines = /\\midrule\n([\s\S]*)\\bottomrule/.exec(tex)![1]!.trim().split('\n').filter(line => line !== '')
    for (const line of lines)
      expect(line.split(/(?<!\\)&/), name).toHaveLength(table.columns.length + 2)
    // braces close, and no special character stands bare
    const body = tex.split('\n').filter(line => !line.startsWith('%') && !line.startsWith('  %')).join('\n')
    expect(body.replaceAll(/\\[{}]/g, '').split('{').length, name).toBe(body.replaceAll(/\\[{}]/g, '').split('}').length)
    expect(/(?<!\\)[#_]/.exec(body), name).toBeNull()
  }
})
