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
    const seconds = (steps: number): number => estimateStep(distil(steps), datasets, { cores: 2, all: expansion(steps).steps }).seconds
    // of width 27 on 96 pixels, 32 faces: 1.82 G x (27 / 64)^2 x (96 / 224)^2 multiply-adds forward, 3 times that for a step, two operations each
    const step = 32 * (6 * 1.82e9 * (27 / 64) ** 2 * (96 / 224) ** 2 / 1.3e11 + 4.5e-4)
    expect(seconds(2000) - seconds(1000)).toBeCloseTo(1000 * step, 6)
    // the step that takes 0.18 s of one core
    expect(step * 2 / 0.183).toBeGreaterThan(1 / 1.5)
    expect(step * 2 / 0.183).toBeLessThan(1.5)
  })

  it('knows the architectures, and the decoder of the multi-task student', () => {
    const seconds = (more: object): number => {
      const step = distil(1000)
      return estimateStep({ ...step, config: { ...step.config, ...more } }, datasets, { cores: 2, all: expansion(1000).steps }).seconds
    }
    const flat = { ...distil(1000).config, steps: 0 }
    const ratio = (network: string): number => (seconds({ network }) - seconds({ network, steps: 0 }) - 14.4) / (seconds({}) - seconds(flat) - 14.4) // 14.4 s: 32,000 faces fed
    expect(ratio('mobilenet')).toBeCloseTo(1.42, 1)
    expect(ratio('cnn')).toBeCloseTo(1.11, 1)
    const width = distil(1000).inputs.teachers.reduce((sum, { dimension }) => sum + dimension, 0)
    const weights = 1.1 * width * Math.sqrt(width * 64)
    expect(seconds({ multiTask: { size: 64 } }) - seconds({})).toBeCloseTo(1000 * weights * (6 * 32 + 40) / 0.8e11, 6)
  })

  it('counts the search for near copies in every run that learns, and in no other', () => {
    const large = [{ ...datasets[0]!, samples: 1_000_000, seen: 600_000 }]
    const seconds = (more: string) => {
      const { steps } = expansion(4000, more)
      return steps.map(step => [step.stage, estimateStep(step, large, { cores: 2, all: steps }).seconds] as const)
    }
    const plain = seconds('')
    seconds('nearCopies: 0.95').forEach(([stage, asked], i) => {
      // 600,000 faces against 400,000 by 128 numbers, two operations each, 80 G of them a second
      expect(asked - plain[i]![1], stage).toBeCloseTo(['combine', 'distil'].includes(stage) ? 768 : 0, 6)
    })
  })

  const tuned = (more: string) => {
    const { steps } = expandStudy(parseRecipe(`study: s
data: { utk: { format: utkface, path: utk } }
unlabelled: [utk]
teachers: [faceres, dlib]
stages: { combine: { kind: ae, size: 64 }, distil: { ${more} }, transfer: { fineTune: { steps: 60 } } }
knowledge: [{ name: Gender, data: utk, task: gender }]
methods: [scratch, p-cnn, student, student-finetuned]
`, { file: 's.yaml', folder: '/' }), datasets, [{ ...teachers[0]!, name: 'faceres', dimension: 1024 }, ...teachers])
    return (method: string): number => estimateStep(steps.find(({ label }) => label.startsWith(`transfer Gender, ${method},`))!, datasets, { cores: 2, all: steps }).seconds
  }

  it('of a network that is trained takes the network which it is, not always ResNet-18', () => {
    const [small, large] = [tuned('network: cnn, input: 48, width: 16'), tuned('network: resnet18, input: 96, width: 27')]
    for (const method of ['scratch', 'student', 'student-finetuned'])
      expect(small(method)).toBeLessThan(large(method))
    // 32 faces and 60 steps, 6 operations: what a step of the one takes more than a step of the other
    const step = 6 * 32 / 1.3e11 * (1.82e9 * (27 / 64) ** 2 * (96 / 224) ** 2 - 3.6e8 * (16 / 27) ** 2 * (48 / 224) ** 2)
    expect((large('scratch') - small('scratch')) / (60 * step)).toBeCloseTo(1, 0)
  })

  it('of a P-CNN comes from the measured step of a teacher', () => {
    const pCnn = tuned('network: cnn')('p-cnn')
    // a step of 32 faces of faceres was measured at 1.4 s on two cores, looks at validation beside
    expect(pCnn).toBeGreaterThan(60 * 1.4)
    expect(pCnn).toBeLessThan(60 * 1.4 * 1.5)
  })

  it('is brought to the machine by the median of its finished runs of the stage, networks and heads apart', () => {
    const measured = [4, 2, 3].map(seconds => ({ stage: 'transfer', usesAllCores: true, estimatedSeconds: 1, seconds })).concat({ stage: 'embed', usesAllCores: true, estimatedSeconds: 1, seconds: 100 }, { stage: 'transfer', usesAllCores: false, estimatedSeconds: 1, seconds: 0.5 })
    expect(calibrate({ seconds: 10, bytes: 5 }, { stage: 'transfer', usesAllCores: true }, measured)).toEqual({ seconds: 30, bytes: 5 })
    expect(calibrate({ seconds: 10, bytes: 5 }, { stage: 'transfer', usesAllCores: false }, measured)).toEqual({ seconds: 5, bytes: 5 }) // a head's time says nothing of a network's
    expect(calibrate({ seconds: 10, bytes: 5 }, { stage: 'prepare', usesAllCores: true }, measured)).toEqual({ seconds: 10, bytes: 5 })
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
