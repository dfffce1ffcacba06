import type { ACTION_UNITS } from '#shared/synthetic.ts'
import type { HairStyle, Person } from './person.ts'
import type { Random } from './random.ts'
import { EXPRESSIONS } from '#shared/synthetic.ts'
import { createRandom } from './random.ts'

export type Expression = typeof EXPRESSIONS[number]

/** FACS: 4 brow lowered, 6 cheek raised, 7 lids tightened, 9 nose wrinkled, 10 upper lip raised, each 0 to 5; 43 eyes closed, 0 or 1. */
export type ActionUnits = Record<keyof typeof ACTION_UNITS, number>

/** Prkachin and Solomon pain intensity, 0 to 16: AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43. */
export function painIntensity({ au4, au6, au7, au9, au10, au43 }: ActionUnits): number {
  return au4 + Math.max(au6, au7) + Math.max(au9, au10) + au43
}

/** What changes from photograph to photograph and is labelled. */
export interface Look {
  ageYears: number
  expression: Expression
  /** 0.6 to 1. */
  intensity: number
  units: ActionUnits
  style: HairStyle
  /** Share of grey hair, 0 to 1. */
  grey: number
  beard: Person['beard']
  glasses: boolean
  hat: boolean
  lipstick: boolean
  earrings: boolean
  rosy: boolean
}

/** What changes without any label: pose, light, background, something in front, the camera. */
export interface Scene {
  /** In the image plane, degrees. */
  rollDegrees: number
  /** Head turned, -1 to 1 for about 20 degrees to either side. */
  yaw: number
  scale: number
  shiftX: number
  shiftY: number
  lightAngleDegrees: number
  /** Darkness of the side away from the light, 0 to 1. */
  shade: number
  exposure: number
  /** Blue (-1) to orange (1). */
  warmth: number
  background: number
  gaze: number
  /** What stands in front: null, or which, and at which side. */
  occluder: { kind: 'hand' | 'leaf' | 'bar' | 'cup', side: -1 | 1 } | null
  /** Standard deviation in pixels at size 128, of 0..255. */
  blur: number
  noise: number
}

/** Action units at full intensity. */
const UNITS: Record<Expression, Partial<ActionUnits>> = {
  neutral: {},
  happy: { au6: 4 },
  sad: { au4: 2 },
  surprise: {},
  fear: { au4: 2, au7: 1 },
  disgust: { au4: 2, au7: 2, au9: 5, au10: 4 },
  anger: { au4: 5, au7: 3 },
}
const PAIN_CHANCE = 0.3

/** One labelled look of a person. Labels are drawn independently of each other where a real face allows it. */
export function createLook(person: Person, seed: number, index: number): Look {
  const random = createRandom(seed, 'look', index)
  const ageYears = random.chance(0.16)
    ? random.whole(1, 12)
    : random.whole(13, 88)
  const isAdult = ageYears >= 18
  const isWoman = person.gender === 'female'
  const expression = random.pick(EXPRESSIONS)
  const intensity = random.between(0.6, 1)
  return {
    ageYears,
    expression,
    intensity,
    units: unitsOf(random, expression, intensity),
    style: styleAt(person, ageYears, random.chance(0.2)
      ? random.pick<HairStyle>(isWoman
          ? ['long', 'bob', 'bun', 'fringe']
          : ['short', 'side', 'buzz'])
      : person.style),
    grey: Math.max(0, Math.min(1, (ageYears - person.greyAt) / 24 + 0.5)),
    beard: isAdult
      ? random.chance(0.75)
        ? person.beard
        : isWoman
          ? 'none'
          : random.weighted<Person['beard']>({ none: 4, stubble: 2, full: 1 })
      : 'none',
    glasses: ageYears >= 6 && random.chance(person.wearsGlasses
      ? 0.8
      : 0.08),
    hat: random.chance(0.08),
    lipstick: isAdult && isWoman && random.chance(0.5),
    earrings: isAdult && random.chance(isWoman
      ? 0.4
      : 0.05),
    rosy: random.chance(0.2),
  }
}

function unitsOf(random: Random, expression: Expression, intensity: number): ActionUnits {
  const full = UNITS[expression]
  const own = (unit: keyof ActionUnits): number => Math.round((full[unit] ?? 0) * intensity)
  const hurts = random.chance(PAIN_CHANCE)
  const added = (highest: number): number => hurts
    ? random.whole(0, highest)
    : 0
  return {
    au4: Math.max(own('au4'), added(5)),
    au6: Math.max(own('au6'), added(5)),
    au7: Math.max(own('au7'), added(5)),
    au9: Math.max(own('au9'), added(5)),
    au10: Math.max(own('au10'), added(5)),
    au43: hurts && random.chance(0.4)
      ? 1
      : 0,
  }
}

function styleAt(person: Person, ageYears: number, style: HairStyle): HairStyle {
  if (person.balds && ageYears >= 42)
    return 'receding'
  return ageYears <= 3 && style !== 'afro'
    ? 'buzz'
    : style
}

/** The unlabelled circumstances of one photograph; its random stream is another than the labels'. */
export function createScene(seed: number, index: number): Scene {
  const random = createRandom(seed, 'scene', index)
  return {
    rollDegrees: random.around(0, 7),
    yaw: random.around(0, 0.4),
    scale: random.between(0.7, 0.86),
    shiftX: random.around(0, 5),
    shiftY: random.around(0, 4),
    lightAngleDegrees: random.between(0, 360),
    shade: random.between(0, 0.38),
    exposure: random.between(0.85, 1.2),
    warmth: random.around(0, 0.4),
    background: random.whole(0, 2 ** 30),
    gaze: random.around(0, 0.9),
    occluder: random.chance(0.1)
      ? {
          kind: random.pick(['hand', 'leaf', 'bar', 'cup'] as const),
          side: random.pick([-1, 1] as const),
        }
      : null,
    blur: random.chance(0.4)
      ? random.between(0.3, 0.8)
      : 0,
    noise: random.between(0, 7),
  }
}
