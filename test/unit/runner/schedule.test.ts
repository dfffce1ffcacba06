import type { QueuedRun } from '#main/runner/schedule.ts'
import { expect, it } from 'vitest'
import { blockersOf, chooseStarts } from '#main/runner/schedule.ts'

function queue(...runs: (Partial<QueuedRun> & { key: string })[]) {
  return new Map(runs.map(run => [
    run.key,
    {
      label: run.key,
      state: 'queued' as const,
      isBlocked: false,
      usesAllCores: false,
      needs: [],
      isWanted: true,
      ...run,
    },
  ]))
}
const idle = { cores: 2, busy: 0, alone: false }

it('starts as many small runs as there are cores, in the order of the queue', () => {
  expect(chooseStarts(queue({ key: 'a' }, { key: 'b' }, { key: 'c' }), idle)).toEqual(['a', 'b'])
  expect(chooseStarts(queue({ key: 'a' }, { key: 'b' }), { ...idle, busy: 1 })).toEqual(['a'])
})

it('a run that uses all cores waits for the others, and nothing behind it overtakes', () => {
  const runs = queue({ key: 'big', usesAllCores: true }, { key: 'small' })
  expect(chooseStarts(runs, idle)).toEqual(['big'])
  expect(chooseStarts(runs, { ...idle, busy: 1 })).toEqual([])
  expect(chooseStarts(runs, { cores: 4, busy: 4, alone: true })).toEqual([])
  expect(chooseStarts(queue({ key: 'small' }, { key: 'big', usesAllCores: true }), idle)).toEqual(['small'])
})

it('starts only what is wanted and has all its needs', () => {
  const runs = queue({ key: 'made', state: 'done' }, {
    key: 'ready',
    needs: ['made'],
  }, {
    key: 'early',
    needs: ['made', 'late'],
  }, { key: 'late', isWanted: false })
  expect(chooseStarts(runs, idle)).toEqual(['ready'])
})

it.each([
  'failed',
  'interrupted',
  'cancelled',
  'paused',
] as const)('a need that is %s blocks, with its name', (state) => {
  const runs = queue({ key: 'need', state, label: 'prepare utk' }, {
    key: 'run',
    needs: ['need'],
  })
  expect(blockersOf(runs.get('run')!, runs)).toEqual([
    { key: 'need', why: `"prepare utk", which is ${state}` },
  ])
})

it('what waits for a blocked run is blocked too, what waits for a coming one is not', () => {
  const runs = queue({ key: 'a', isBlocked: true }, {
    key: 'b',
    needs: ['a'],
  }, { key: 'c', state: 'running' }, {
    key: 'd',
    needs: ['c'],
  }, {
    key: 'e',
    needs: ['unknown-run'],
  })
  expect(blockersOf(runs.get('b')!, runs)).toHaveLength(1)
  expect(blockersOf(runs.get('d')!, runs)).toEqual([])
  expect(blockersOf(runs.get('e')!, runs)[0]!.why).toMatch(/not in the workspace/)
})
