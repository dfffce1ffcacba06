import type { Machine, QueuedRun } from '#main/runner/schedule.ts'
import { describe, expect, it } from 'vitest'
import { blockersOf, chooseStarts as starts, threadsBesideGpu } from '#main/runner/schedule.ts'

function queue(...runs: (Partial<QueuedRun> & { key: string })[]) {
  return new Map(runs.map(run => [
    run.key,
    {
      label: run.key,
      state: 'queued' as const,
      isBlocked: false,
      usesAllCores: false,
      usesGpu: false,
      lastGpu: null,
      needs: [],
      isWanted: true,
      ...run,
    },
  ]))
}
const idle: Machine = { cores: 2, gpus: [], busy: 0, isAlone: false, taken: new Set() }
/** Keys of the runs that start; where a GPU is given, "key on its id". */
const chooseStarts = (...given: Parameters<typeof starts>): string[] => starts(...given).map(({ key, gpu }) => gpu ? `${key} on ${gpu.id}` : key)

it('starts as many small runs as there are cores, in the order of the queue', () => {
  expect(chooseStarts(queue({ key: 'a' }, { key: 'b' }, { key: 'c' }), idle)).toEqual(['a', 'b'])
  expect(chooseStarts(queue({ key: 'a' }, { key: 'b' }), { ...idle, busy: 1 })).toEqual(['a'])
})

it('a run that uses all cores waits for the others, and nothing behind it overtakes', () => {
  const runs = queue({ key: 'big', usesAllCores: true }, { key: 'small' })
  expect(chooseStarts(runs, idle)).toEqual(['big'])
  expect(chooseStarts(runs, { ...idle, busy: 1 })).toEqual([])
  expect(chooseStarts(runs, { ...idle, cores: 4, busy: 4, isAlone: true })).toEqual([])
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

describe('with GPUs', () => {
  const gpu = (id: string, name = 'card') => ({ id, name, memoryBytes: 16e9, driver: '1' })
  const two: Machine = { ...idle, cores: 6, gpus: [gpu('a'), gpu('b')] }
  const trains = { usesAllCores: true, usesGpu: true }

  it('one run a GPU, the third waits, and small runs behind it take the cores that are left', () => {
    expect(threadsBesideGpu(6, 2)).toBe(2)
    const runs = queue({ key: 't1', ...trains }, { key: 't2', ...trains }, { key: 't3', ...trains }, { key: 's1' }, { key: 's2' }, { key: 's3' })
    expect(chooseStarts(runs, two)).toEqual(['t1 on a', 't2 on b', 's1', 's2'])
  })

  it('a GPU that has its run is left alone', () => {
    const runs = queue({ key: 't1', ...trains }, { key: 't2', ...trains })
    expect(chooseStarts(runs, { ...two, busy: 2, taken: new Set(['a']) })).toEqual(['t1 on b'])
    expect(chooseStarts(runs, { ...two, busy: 4, taken: new Set(['a', 'b']) })).toEqual([])
  })

  it('small runs leave a ready training its cores, but only as many as there are GPUs free for', () => {
    const small = [1, 2, 3, 4, 5, 6].map(i => ({ key: `s${i}` }))
    expect(chooseStarts(queue(...small), two)).toHaveLength(6)
    expect(chooseStarts(queue(...small, { key: 't1', ...trains }), two)).toEqual(['s1', 's2', 's3', 's4', 't1 on a'])
  })

  it('a run that goes on gets its own GPU back, else one of its name, and waits where these are busy', () => {
    const machine: Machine = { ...two, gpus: [gpu('a', 'old'), gpu('b', 'new'), gpu('c', 'new')] }
    const back = queue({ key: 't', ...trains, lastGpu: 'c' })
    expect(chooseStarts(back, machine)).toEqual(['t on c'])
    expect(chooseStarts(back, { ...machine, taken: new Set(['c']) })).toEqual(['t on b'])
    expect(chooseStarts(back, { ...machine, taken: new Set(['b', 'c']) })).toEqual([])
    expect(chooseStarts(queue({ key: 't', ...trains, lastGpu: 'sold' }), machine)).toEqual(['t on a'])
  })

  it('a run that began on the CPU goes on there, alone', () => {
    const runs = queue({ key: 't', usesAllCores: true }, { key: 's' })
    expect(chooseStarts(runs, two)).toEqual(['t'])
    expect(chooseStarts(runs, { ...two, busy: 2, taken: new Set(['a']) })).toEqual([])
  })
})
