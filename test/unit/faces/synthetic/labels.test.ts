import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ATTRIBUTES } from '#shared/synthetic.ts'
import { drawPhotograph } from '#worker/faces/synthetic/drawing.ts'
import { labelsOf } from '#worker/faces/synthetic/labels.ts'
import { createLook, createScene, painIntensity } from '#worker/faces/synthetic/look.ts'
import { createPerson } from '#worker/faces/synthetic/person.ts'
import { shapeOf } from '#worker/faces/synthetic/shape.ts'

const faces = Array.from({ length: 3000 }, (_, index) => {
  const person = createPerson(0, index % 100)
  return {
    index,
    person,
    look: createLook(person, 0, index),
    scene: createScene(0, index),
  }
})

/** Pearson's correlation. */
function correlation(a: number[], b: number[]): number {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanA, meanB] = [
    mean(a),
    mean(b),
  ]
  const covariance = mean(a.map((value, i) => (value - meanA) * (b[i]! - meanB)))
  return covariance / Math.sqrt(mean(a.map(value => (value - meanA) ** 2)) * mean(b.map(value => (value - meanB) ** 2)))
}

describe('labels of drawn faces', () => {
  it('score pain from the action units by Prkachin and Solomon', () => {
    expect(painIntensity({
      au4: 0,
      au6: 0,
      au7: 0,
      au9: 0,
      au10: 0,
      au43: 0,
    })).toBe(0)
    expect(painIntensity({
      au4: 3,
      au6: 2,
      au7: 4,
      au9: 1,
      au10: 5,
      au43: 1,
    })).toBe(13)
    expect(painIntensity({
      au4: 5,
      au6: 5,
      au7: 5,
      au9: 5,
      au10: 5,
      au43: 1,
    })).toBe(16)
  })

  it('hold every kind of knowledge, with 21 attributes in the order of the list', () => {
    const { person, look } = faces[0]!
    expect(Object.keys(labelsOf(person, look))).toEqual([
      'age',
      'gender',
      'ethnicity',
      'expression',
      'pain',
      'au4',
      'au6',
      'au7',
      'au9',
      'au10',
      'au43',
      ...ATTRIBUTES,
    ])
  })

  it('take every value, each attribute in at least one of a hundred', () => {
    const labels = faces.map(({ person, look }) => labelsOf(person, look))
    for (const attribute of ATTRIBUTES) {
      const share = labels.filter(label => label[attribute] === 1).length / labels.length
      expect(share, attribute).toBeGreaterThan(0.01)
      expect(share, attribute).toBeLessThan(0.99)
    }
    expect(new Set(labels.map(({ expression }) => expression)).size).toBe(7)
    expect(new Set(labels.map(({ ethnicity }) => ethnicity)).size).toBe(5)
    expect(new Set(labels.map(({ pain }) => pain)).size).toBe(17)
  })

  it('tell nothing of pose, light, background and noise', () => {
    const numbers: Record<string, number[]> = {
      age: faces.map(({ look }) => look.ageYears),
      pain: faces.map(({ look }) => painIntensity(look.units)),
      happy: faces.map(({ look }) => Number(look.expression === 'happy')),
      gender: faces.map(({ person }) => Number(person.gender === 'female')),
      skin: faces.map(({ person }) => Number(person.ethnicity === 'Black')),
    }
    const scenes = ([
      'rollDegrees',
      'yaw',
      'scale',
      'shade',
      'exposure',
      'warmth',
      'background',
      'noise',
      'blur',
    ] as const).map(key => [
      key,
      faces.map(({ scene }) => scene[key]),
    ] as const)
    // the standard error of a correlation of 3,000 independent pairs is 0.018
    for (const [label, values] of Object.entries(numbers)) {
      for (const [key, circumstances] of scenes)
        expect(Math.abs(correlation(values, circumstances)), `${label} and ${key}`).toBeLessThan(0.075)
    }
  })
})

describe('a drawn person', () => {
  it('keeps geometry and colours on every photograph, and differs from others', () => {
    fc.assert(fc.property(fc.nat(1000), fc.nat(200), (seed, number) => {
      expect(createPerson(seed, number)).toEqual(createPerson(seed, number))
      expect(createPerson(seed, number).eyeDistance).not.toBe(createPerson(seed, number + 10).eyeDistance)
    }), { numRuns: 30 })
  })

  it('has the same eyes and nose at any expression, and a rounder face with larger eyes as a child', () => {
    const person = createPerson(5, 3)
    const look = {
      ...createLook(person, 5, 3),
      ageYears: 30,
      units: {
        au4: 0,
        au6: 0,
        au7: 0,
        au9: 0,
        au10: 0,
        au43: 0,
      },
      intensity: 1,
    }
    const [neutral, angry] = [
      shapeOf(person, { ...look, expression: 'neutral' }),
      shapeOf(person, { ...look, expression: 'anger' }),
    ]
    expect([
      angry.eyeX,
      angry.noseWidth,
      angry.chin,
      angry.cheek,
    ]).toEqual([
      neutral.eyeX,
      neutral.noseWidth,
      neutral.chin,
      neutral.cheek,
    ])
    const child = shapeOf(person, { ...look, expression: 'neutral', ageYears: 3 })
    expect(child.upperLid).toBeGreaterThan(neutral.upperLid)
    expect(child.chin).toBeLessThan(neutral.chin)
  })

  it('is drawn differently by every action unit, attribute and label', () => {
    const person = createPerson(5, 3)
    const look = {
      ...createLook(person, 5, 3),
      ageYears: 30,
      hat: false,
      glasses: false,
      lipstick: false,
      earrings: false,
      rosy: false,
      beard: 'none' as const,
      units: {
        au4: 0,
        au6: 0,
        au7: 0,
        au9: 0,
        au10: 0,
        au43: 0,
      },
    }
    const scene = createScene(5, 3)
    const draw = (change: Partial<typeof look>): string => drawPhotograph(person, {
      ...look,
      ...change,
    }, scene, 128)
    const plain = draw({})
    for (const unit of [
      'au4',
      'au6',
      'au7',
      'au9',
      'au10',
      'au43',
    ] as const) {
      expect(draw({
        units: { ...look.units, [unit]: 1 },
      }), unit).not.toBe(plain)
    }
    for (const attribute of [
      'hat',
      'glasses',
      'lipstick',
      'earrings',
      'rosy',
    ] as const)
      expect(draw({ [attribute]: true }), attribute).not.toBe(plain)
    expect(draw({ ageYears: 55 })).not.toBe(plain)
  })
})
