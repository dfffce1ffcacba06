import type { StudyDataset, StudyTeacher } from '#main/studies/step.ts'
import { describe, expect, it } from 'vitest'
import { calibrate, estimateStep } from '#main/studies/estimate.ts'
import { expandStudy } from '#main/studies/expand.ts'
import { parseRecipe } from '#main/studies/parse-recipe.ts'
import { plannedRuns, planStudy } from '#main/studies/plan.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { Order } from '#shared/order.ts'

const datasets: StudyDataset[] = [
  {
    name: 'utk',
    root: '/u',
    fingerprint: 'a'.repeat(64),
    format: 'utkface',
    aligned: false,
    samples: 1000,
    seen: 600,
    subjects: 0,
    tasks: {
      gender: {
        kind: 'classification',
        label: 'gender',
        classes: ['male', 'female'],
        protocol: 'split',
      },
    },
  },
]
const teachers: StudyTeacher[] = [
  {
    name: 'dlib',
    manifest: '/t/dlib.yaml',
    sha256: 'd',
    dimension: 128,
    contaminates: [],
  },
]
function expansion(steps = 4000, more = '') {
  return expandStudy(parseRecipe(`study: s
data: { utk: { format: utkface, path: utk } }
unlabelled: [utk]
teachers: [dlib]
stages: { combine: { kind: ae, size: 64 }, distil: { steps: ${steps} } }
knowledge: [{ name: Gender, data: utk, task: gender }]
methods: ["teacher:dlib", ae, student]
${more}`, { file: 's.yaml', folder: '/' }), datasets, teachers)
}
const options = {
  datasets,
  cores: 2,
  measured: [],
  isSealed: () => false,
  blockedBy: () => null,
}

describe('a plan', () => {
  it('counts what is cached and costs only what is to do', () => {
    const all = planStudy('s', expansion(), options)
    expect([all.cached, all.toDo, all.blocked]).toEqual([0, 7, 0])
    const rest = planStudy('s', expansion(), {
      ...options,
      isSealed: step => step.stage !== 'transfer',
    })
    expect([rest.cached, rest.toDo]).toEqual([4, 3])
    expect(rest.seconds).toBeLessThan(all.seconds)
    expect(planStudy('s', expansion(), {
      ...options,
      isSealed: () => true,
    })).toMatchObject({ toDo: 0, seconds: 0, bytes: 0 })
  })

  it('blocks what stands on a blocked run and passes the reason on, but not what is cached', () => {
    const plan = planStudy('s', expansion(), {
      ...options,
      isSealed: step => step.stage === 'prepare',
      blockedBy: step => (step.stage === 'embed'
        ? 'the teacher file is gone'
        : null),
    })
    expect(plan.steps.map(step => [step.stage, step.state])).toEqual([
      ['prepare', 'cached'],
      ['embed', 'blocked'],
      ['combine', 'blocked'],
      ['distil', 'blocked'],
      ['transfer', 'blocked'],
      ['transfer', 'blocked'],
      ['transfer', 'blocked'],
    ])
    expect(plan.steps.at(-1)!.blockedBy).toBe('the teacher file is gone')
  })

  it('gives workers orders that they accept', () => {
    for (const { order } of plannedRuns(expansion(), workspacePaths('/w')))
      expect(() => Order.parse({ ...order, runDir: '/w/runs/x', threads: 1 })).not.toThrow()
  })
})

describe('an estimate', () => {
  const distil = (steps: number) => expansion(steps).steps.find(step => step.stage === 'distil')!

  it('grows with the steps of the student', () => {
    const short = estimateStep(distil(1000), datasets, { cores: 2 }).seconds
    const long = estimateStep(distil(2000), datasets, { cores: 2 }).seconds
    expect(long / short).toBeGreaterThan(1.9)
    expect(long / short).toBeLessThanOrEqual(2)
  })

  it('knows the architectures, and the decoder of the multi-task student', () => {
    const seconds = (more: object): number => {
      const step = distil(1000)
      return estimateStep({ ...step, config: { ...step.config, ...more } }, datasets, { cores: 2 }).seconds - 2
    }
    expect(seconds({ network: 'mobilenet' }) / seconds({})).toBeCloseTo(1.42, 1)
    expect(seconds({ network: 'cnn' }) / seconds({})).toBeCloseTo(1.11, 1)
    const width = distil(1000).inputs.teachers.reduce((sum, { dimension }) => sum + dimension, 0)
    const weights = 1.1 * width * Math.sqrt(width * 64)
    expect(seconds({ multiTask: { size: 64 } }) - seconds({})).toBeCloseTo(1000 * weights * (6 * 32 + 40) / 0.8e11, 6)
  })

  it('is brought to the machine by the median of its finished runs of the stage', () => {
    const measured = [4, 2, 3].map(seconds => ({ stage: 'distil', estimatedSeconds: 1, seconds })).concat({ stage: 'embed', estimatedSeconds: 1, seconds: 100 })
    expect(calibrate({ seconds: 10, bytes: 5 }, 'distil', measured)).toEqual({ seconds: 30, bytes: 5 })
    expect(calibrate({ seconds: 10, bytes: 5 }, 'prepare', measured)).toEqual({ seconds: 10, bytes: 5 })
  })
})

describe('deterministic kernels', () => {
  const planned = (more: string) => plannedRuns(expansion(4000, more), workspacePaths('/w'))

  it('are ordered for every run that may get a GPU, and are part of its key and of what compare shows', () => {
    const [usual, asked] = [planned(''), planned('deterministic: true\n')]
    expect(asked.map(({ label, order: { isDeterministic }, inputs: { deterministic } }) => [label, isDeterministic, deterministic])).toEqual(usual.map(({ label, usesAllCores }) => [label, usesAllCores || undefined, usesAllCores || undefined]))
    const shared = asked.filter(({ key }) => usual.some(run => run.key === key))
    expect(shared).toEqual([]) // everything builds on faces that a GPU may have found
    expect(asked.filter(({ usesAllCores }) => usesAllCores).length).toBeGreaterThan(2)
  })

  it('that nobody asked for leave every key as it was', () => {
    expect(planned('deterministic: false\n').map(({ key }) => key)).toEqual(planned('').map(({ key }) => key))
  })
})
