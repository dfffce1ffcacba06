import type { Client } from '#shared/contract.ts'
import { afterEach, expect, it, vi } from 'vitest'
import { table } from '#main/cli/commands/table.ts'
import { runProgram } from '#main/cli/program.ts'
import { tableOf } from '../../dom/tables/fixture.ts'

afterEach(() => vi.restoreAllMocks())

/** Runs a command line against a client that answers from memory; what it was asked, the exit code and what it printed. */
async function run(...words: string[]) {
  const calls: [string, unknown][] = []
  const saved = [{ name: 'Mine', selection: { study: 'other', name: 'free', pivot: { rows: ['method'], columns: ['knowledge'], filter: { method: ['ae'] } }, title: 'Mine' }, updatedAtMs: 0, hasStudy: false }]
  const answers: Record<string, (input: never) => unknown> = {
    'studies.list': () => [{ name: 'last', hasRun: true }],
    'tables.saved': () => saved,
    'tables.get': () => ({ table: tableOf({}), text: '' }),
    'tables.measure': () => ({ measured: 0 }),
    'tables.save': ({ name, selection }: { name: string, selection: object }) => ({ name, selection, updatedAtMs: 0, hasStudy: true }),
    'tables.removeSaved': () => saved[0],
  }
  const client = { call: async (name: string, input: never) => {
    calls.push([name, input])
    return answers[name]!(input)
  }, on: () => () => {}, close: async () => {} } as unknown as Client
  let output = ''
  const write = (text: unknown): boolean => {
    output += String(text)
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(write)
  vi.spyOn(process.stderr, 'write').mockImplementation(write)
  const code = await runProgram(words, { commands: [table], connect: async () => client, version: '0' })
  return { code, output, asked: (name: string) => calls.find(([method]) => method === name)?.[1] }
}

it('a table is asked for with what was chosen of it', async () => {
  const { code, asked } = await run('table', 'target', '--rows', 'Gender-UTK,AgeR-UTK', '--seeds', '0,2', '--test', 'ae', '--no-paper')
  expect(code).toBe(0)
  expect(asked('tables.get')).toEqual({ study: 'last', name: 'target', rows: ['Gender-UTK', 'AgeR-UTK'], seeds: [0, 2], reference: 'ae', paper: false, std: true })
})

it('a free table has the rows, columns and filters that were said, saved or not', async () => {
  const words = ['--rows', 'method', '--columns', 'knowledge,seed', '--filter', 'knowledge=A,B', '--filter', 'seed=0,1', '--study', 'mine']
  const pivot = { rows: ['method'], columns: ['knowledge', 'seed'], filter: { knowledge: ['A', 'B'], seed: [0, 1] } }
  expect((await run('table', 'free', ...words)).asked('tables.get')).toMatchObject({ study: 'mine', name: 'free', pivot })
  expect((await run('table', 'save', 'My table', ...words)).asked('tables.save')).toMatchObject({ name: 'My table', replaces: false, selection: { study: 'mine', name: 'free', pivot } })
  expect((await run('table', 'save', 'M', '--of', 'subgroups', '--by', 'gender', '--replace')).asked('tables.save')).toMatchObject({ replaces: true, selection: { name: 'subgroups', by: ['gender'] } })
})

it('a saved table is printed, listed and removed by its name', async () => {
  expect((await run('table', 'Mine')).asked('tables.get')).toMatchObject({ study: 'other', title: 'Mine', pivot: { rows: ['method'] } })
  expect((await run('table', 'list')).output).toMatch(/Mine +other \(not in this workspace\) +free: method by knowledge; method ae/)
  const removed = await run('table', 'remove', 'Mine')
  expect([removed.code, removed.output]).toEqual([0, expect.stringContaining('free: method by knowledge; method ae')])
})

it('networks are measured where it is asked for', async () => {
  expect((await run('table', 'cost', '--measure')).asked('tables.measure')).toEqual({ study: 'last' })
  expect((await run('table', 'cost')).asked('tables.measure')).toBeUndefined()
})

it.each([
  [['table', 'tarjet'], 'Did you mean "target"?'],
  [['table', 'free', '--rows', 'methods'], '--rows'],
  [['table', 'free', '--rows', 'seed', '--columns', 'seed'], 'twice'],
  [['table', 'free', '--filter', 'colour=red'], 'it must be WHAT=VALUES'],
  [['table', 'target', '--filter', 'knowledge=A'], '--filter is of free tables'],
  [['table', 'target', '--seeds', '0,x'], '--seeds'],
  [['table', 'target', '--by', 'gender'], '--by is of tables of groups'],
  [['table', 'target', '--measure'], '--measure is of the table of cost'],
  [['table', 'Mine', '--test', 'ae'], 'without --test'],
  [['table', 'Mine', '--no-paper'], 'without --no-paper'],
  [['table', 'Mine', '--filter', 'seed=0'], 'without --filter'],
  [['table', 'save', 'x', '--of', 'tarjet'], 'There is no table "tarjet"'],
  [['--json', 'table', 'target', '--format', 'md'], 'contradict'],
])('%j is a wrong command line', async (words, why) => {
  const { code, output } = await run(...words)
  expect([code, output]).toEqual([2, expect.stringContaining(why)])
})
