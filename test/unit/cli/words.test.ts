import { expect, it } from 'vitest'
import { wordProgress } from '#main/cli/progress.ts'
import { facts, list } from '#main/cli/terminal.ts'
import { wordBytes, wordDuration, wordMany, wordNumber } from '#main/cli/words.ts'

it.each([
  [0.85, '850 ms'],
  [5, '5.0 s'],
  [42.4, '42 s'],
  [59.6, '1 min 0 s'],
  [245, '4 min 5 s'],
  [1800, '30 min'],
  [12_000, '3 h 20 min'],
  [359_940, '99 h 59 min'],
  [360_000, '4 d 4 h'], // 100 hours
  [150_000_000, '1,736 d 3 h'],
])('%d s reads %s', (seconds, text) => {
  expect(wordDuration(seconds)).toBe(text)
})

it.each([
  [0, '0 B'],
  [999, '999 B'],
  [1300, '1.3 kB'],
  [999_999, '1.0 MB'],
  [250_000_000, '250 MB'],
  [1.3e9, '1.3 GB'],
])('%d bytes read %s', (bytes, text) => {
  expect(wordBytes(bytes)).toBe(text)
})

it('counts and numbers read as people write them', () => {
  expect(wordMany(1, 'run')).toBe('1 run')
  expect(wordMany(1200, 'run')).toBe('1,200 runs')
  expect(wordNumber(0.123456789)).toBe('0.12346')
  expect(wordNumber(3e-9)).toBe('3.00e-9')
  expect(wordNumber(88)).toBe('88')
})

it('progress says how far, and how long it takes', () => {
  const state = {
    label: 'prepare utk',
    done: 600,
    total: 1200,
    unit: 'photographs',
    etaSeconds: 12,
  }
  expect(wordProgress(state, { width: 200, hasBar: true })).toBe('prepare utk  [############            ] 600 of 1,200 photographs, 50 %, 12 s to go')
  expect(wordProgress({ ...state, total: null, etaSeconds: null }, { width: 200, hasBar: true })).toBe('prepare utk  600 photographs')
  expect(wordProgress(state, { width: 20, hasBar: true })).toHaveLength(20)
  expect(wordProgress({ ...state, done: 1300 }, { width: 200, hasBar: true })).toContain('100 %')
})

it('a list aligns its columns and shortens the elastic one to the width', () => {
  const rows = [
    {
      name: 'a',
      note: 'x'.repeat(60),
      count: 5,
    },
    { name: 'long name', note: 'short', count: 1200 },
  ]
  const text = list(rows, [
    {
      title: 'name',
      value: row => row.name,
    },
    {
      title: 'note',
      value: row => row.note,
      isElastic: true,
    },
    {
      title: 'count',
      value: row => String(row.count),
      isNumber: true,
    },
  ], { width: 50, isStyled: false })
  const lines = text.split('\n')
  expect(lines.every(line => line.length === 50)).toBe(true)
  expect(lines[1]).toContain('x…')
  expect(lines[2]).toMatch(/^long name {2}short .* 1200$/)
})

it('facts leave out what is not known', () => {
  expect(facts([
    ['state', 'done'],
    ['seed', null],
    ['memory', '1 GB'],
  ])).toBe('state   done\nmemory  1 GB')
})
