import type { Case } from '#worker/bench/bench.ts'
import type { Contestant } from '#worker/bench/turns.ts'
import { describe, expect, it } from 'vitest'
import { median } from '#shared/bench.ts'
import { FacetError } from '#shared/errors.ts'
import { measure } from '#worker/bench/measure.ts'

/** A contender that takes the given times, one number a turn after the warm-up of two pieces of 500 ms. */
function taking(name: string, times: number[], log: string[], parts: Record<string, number> = {}): Contestant {
  let turns = 0
  return {
    version: `${name} 1.0`,
    turn: async (count) => {
      log.push(`${name} x${count}`)
      const ms = turns++ === 0
        ? 500
        : times[turns - 2]!
      return {
        ms: Array.from<number>({ length: count }).fill(ms),
        parts: Object.fromEntries(Object.entries(parts).map(([part, value]) => [part, Array.from<number>({ length: count }).fill(value)])),
        memoryBytes: 1e9,
      }
    },
    end: () => { log.push(`${name} ends`) },
  }
}

function caseOf(compare: Case['compare'], contenders: Case['contenders'], pieces = 1): Case {
  return { title: 'work', piece: 'step', compare, pieces, work: { size: 1 }, contenders }
}

const own = { name: 'facet', kind: 'node', module: 'x' } as const
const peer = { name: 'peer', kind: 'python', script: 'x', needs: 'torch', target: 2 } as const

async function run(each: Case, entrants: Record<string, Contestant | Error>, rounds = 3) {
  return await measure('student', each, {
    rounds,
    turnMs: 1000,
    note: () => {},
    start: async ({ name }) => {
      const entrant = entrants[name]!
      if (entrant instanceof Error)
        throw entrant
      return entrant
    },
  })
}

describe('measure', () => {
  it('lets contenders take turns of as many pieces as fill a turn, and ends them', async () => {
    const log: string[] = []
    await run(caseOf('speed', [own, peer]), { facet: taking('facet', [1, 1, 1], log), peer: taking('peer', [1, 1, 1], log) }, 2)
    expect(log).toEqual(['facet x2', 'peer x2', 'facet x2', 'peer x2', 'facet x2', 'peer x2', 'facet ends', 'peer ends'])
  })

  it('compares round by round, so that a slow minute of the machine does not count', async () => {
    // by hand: 20/10, 200/100 and 27/9 are 2, 2 and 3; the medians alone would give 27/10
    const { results } = await run(caseOf('speed', [own, peer]), { facet: taking('facet', [10, 100, 9], []), peer: taking('peer', [20, 200, 27], []) })
    expect(results[0]).toMatchObject({ isOwn: true, medianMs: 10, minMs: 9, ratio: null })
    expect(results[1]).toMatchObject({ isOwn: false, medianMs: 27, minMs: 20, ratio: { median: 2, low: 2, high: 3 }, isReached: true, memoryBytes: 1e9, version: 'peer 1.0' })
  })

  it('says that a target is missed', async () => {
    const { results } = await run(caseOf('speed', [own, peer]), { facet: taking('facet', [10, 10, 10], []), peer: taking('peer', [19, 19, 19], []) })
    expect(results[1]!.isReached).toBe(false)
  })

  it('gives milliseconds of one piece where a call does several', async () => {
    const { results } = await run(caseOf('speed', [own], 16), { facet: taking('facet', [32, 32, 32], []) })
    expect(results[0]!.medianMs).toBe(2)
  })

  it('measures overhead as our time over that of a part of it', async () => {
    const { results } = await run(caseOf('overhead', [own, { name: 'steps', kind: 'part', part: 'steps', target: 1.08 }]), { facet: taking('facet', [110, 110, 110], [], { steps: 100 }) })
    expect(results[1]!.ratio!.median).toBeCloseTo(1.1)
    expect(results[1]!.isReached).toBe(false)
  })

  it('leaves out a peer that does not start, with the reason and what to do', async () => {
    const { results } = await run(caseOf('speed', [own, peer]), { facet: taking('facet', [1, 1, 1], []), peer: new FacetError('not-found', 'PyTorch is not set up.', { hint: 'facet bench --peers does that.' }) })
    expect(results[1]).toMatchObject({ missing: 'PyTorch is not set up. facet bench --peers does that.', ratio: null, medianMs: null, isReached: null })
  })

  it('stops where our own does not start', async () => {
    await expect(run(caseOf('speed', [own, peer]), { facet: new Error('no engine'), peer: taking('peer', [], []) })).rejects.toThrow('no engine')
  })
})

describe('median', () => {
  it('is the middle number, or the mean of the two', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 10, 2])).toBe(3)
  })
})
