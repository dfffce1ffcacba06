import type { ComparedRun } from '#main/tables/compare.ts'
import { expect, it } from 'vitest'
import { compareRuns } from '#main/tables/compare.ts'
import { Comparison } from '#shared/comparison.ts'

function run(key: string, rights: number, changes: Partial<ComparedRun> = {}): ComparedRun {
  return {
    key,
    stage: 'transfer',
    label: key,
    asked: {
      config: {
        head: {
          hidden: [256],
        },
        encoder: { kind: 'combiner' },
      },
      seed: 0,
    },
    summary: { steps: 100 },
    evaluations: [
      {
        scope: 'test',
        metric: 'accuracy',
        value: rights,
        count: 100,
        standardError: 1,
        interval: [rights - 2, rights + 2],
      },
    ],
    knowledge: 'utk/gender',
    better: 'higher',
    // the first `rights` of 100 samples are right
    scores: Array.from({ length: 100 }, (_, i) => ({
      id: `${i}`,
      score: i < rights
        ? 100
        : 0,
      cluster: null,
    })),
    ...changes,
  }
}

it('tests each run against the first on the same samples', async () => {
  const comparison = await compareRuns([
    run('a', 60),
    run('b', 90),
    run('c', 61),
    run('d', 20),
  ])
  expect(Comparison.parse(structuredClone(comparison))).toEqual(comparison)
  expect(comparison.tests.map(({ letter, difference, verdict }) => [letter, difference, verdict])).toEqual([
    ['B', 30, 'better'],
    ['C', 1, 'no difference shown'],
    ['D', -40, 'worse'],
  ])
})

it('counts a lower error as better', async () => {
  const [a, b] = [
    run('a', 90, { better: 'lower' }),
    run('b', 20, { better: 'lower' }),
  ]
  expect((await compareRuns([a, b])).tests[0]).toMatchObject({ difference: -70, verdict: 'better' })
})

it('corrects for the number of tests', async () => {
  const { tests } = await compareRuns([
    run('a', 60),
    run('b', 66),
    run('c', 66),
    run('d', 66),
  ])
  expect(tests[0]!.adjusted).toBeGreaterThanOrEqual(Math.min(1, tests[0]!.p * 3) - 1e-12)
})

it('lists what differs and nothing else', async () => {
  const other = run('b', 60, {
    asked: {
      config: {
        head: {
          hidden: [512],
        },
        encoder: { kind: 'teacher', name: 'dlib' },
      },
      seed: 0,
    },
  })
  expect((await compareRuns([
    run('a', 60),
    other,
  ])).differences).toEqual([
    {
      path: 'config.head.hidden',
      values: ['[256]', '[512]'],
    },
    {
      path: 'config.encoder.kind',
      values: ['"combiner"', '"teacher"'],
    },
    {
      path: 'config.encoder.name',
      values: [null, '"dlib"'],
    },
  ])
})

it('says why a pair has no test, and on how many samples it rests', async () => {
  const half = run('b', 60)
  half.scores = half.scores!.slice(50)
  const { tests, notes } = await compareRuns([
    run('a', 60),
    half,
    run('c', 60, { knowledge: 'utk/age' }),
    run('d', 60, { scores: null }),
  ])
  expect(tests).toHaveLength(1)
  expect(tests[0]!.shared).toBe(50)
  expect(notes).toEqual(['B: tested on the 50 samples that both answered.', 'C: no test against A, utk/age is not utk/gender.', 'D: no test against A, D has no answers per sample.'])
})

it('draws whole people where samples belong to people', async () => {
  // 2 people of 50 samples: clusters leave next to no evidence where single samples would leave plenty
  const scored = (rights: number) => run(`${rights}`, rights).scores!.map((score, i) => ({
    ...score,
    cluster: i < 50
      ? 'x'
      : 'y',
  }))
  const [single, clustered] = [
    await compareRuns([
      run('a', 60),
      run('b', 90),
    ]),
    await compareRuns([
      run('a', 60, {
        scores: scored(60),
      }),
      run('b', 90, {
        scores: scored(90),
      }),
    ]),
  ]
  const width = ({ tests }: Comparison) => tests[0]!.interval[1] - tests[0]!.interval[0]
  expect(width(clustered)).toBeGreaterThan(2 * width(single))
})

it.each([1, 9])('refuses to compare %d runs', async (count) => {
  await expect(compareRuns(Array.from({ length: count }, (_, i) => run(`${i}`, 50)))).rejects.toThrow(`${count} run`)
})

it('refuses a key named twice', async () => {
  await expect(compareRuns([
    run('same', 1),
    run('same', 1),
  ])).rejects.toThrow('named twice')
})

it('tests of verification have the area under the curve beside, by DeLong\'s test, and errors have Cohen\'s d', async () => {
  // the pairs of test/unit/shared/auc.test.ts: MLstatkit gives .8839 against .75 with p .0572
  const same = [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
  const pairs = (cosines: number[]) => cosines.map((cosine, i) => ({ id: `${i}`, score: (cosine > 0.5) === (same[i] === 1) ? 100 : 0, cluster: null, pair: { same: same[i] === 1, cosine } }))
  const a = [0.91, 0.85, 0.62, 0.77, 0.30, 0.58, 0.70, 0.20, 0.41, 0.62, 0.15, 0.35, 0.52, 0.08, 0.44]
  const b = [0.60, 0.72, 0.55, 0.81, 0.25, 0.40, 0.66, 0.50, 0.45, 0.61, 0.30, 0.28, 0.58, 0.12, 0.33]
  const notFound = { id: 'x', score: 0, cluster: null } // a pair without a cosine has no place in the curve
  const { tests: [verification] } = await compareRuns([run('a', 0, { scores: [...pairs(b), notFound] }), run('b', 0, { scores: [...pairs(a), notFound] })])
  expect(verification!.auc).toMatchObject({ auc: expect.closeTo(0.8839285714, 9), referenceAuc: expect.closeTo(0.75, 9), p: expect.closeTo(0.0571603882, 9), adjusted: expect.closeTo(0.0571603882, 9) })
  const errors = (values: number[]) => values.map((score, i) => ({ id: `${i}`, score, cluster: null }))
  const { tests: [regression] } = await compareRuns([run('a', 0, { better: 'lower', scores: errors([0, 0, 0, 0, 0, 0]) }), run('b', 0, { better: 'lower', scores: errors([1.2, 0, 0.8, 2.1, 0, 0.6]) })])
  // python: d = np.array([1.2, 0, .8, 2.1, 0, .6]); d.mean() / d.std(ddof=1)
  expect(regression).toMatchObject({ auc: null, effect: { kind: 'd', value: expect.closeTo(0.9840477586, 9) } })
})
