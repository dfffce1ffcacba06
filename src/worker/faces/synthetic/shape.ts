import type { Colour } from './colour.ts'
import type { Look } from './look.ts'
import type { Person } from './person.ts'
import { mix } from './colour.ts'

/** The numbers that all parts of a drawing share: the person's geometry at the age and expression of the look. */
export interface Shape {
  /** 1 at birth, 0 from 16 years. */
  child: number
  /** 0 up to 30 years, 1 at 85. */
  old: number
  cheek: number
  jaw: number
  chin: number
  top: number
  eyeX: number
  eyeY: number
  eyeWidth: number
  /** Opening above and below the line of the corners. */
  upperLid: number
  lowerLid: number
  isClosed: boolean
  browY: number
  browWeight: number
  /** Rise (negative: up) of the brow's inner and outer end. */
  browInner: number
  browOuter: number
  noseY: number
  noseWidth: number
  mouthY: number
  mouthWidth: number
  /** Corners of the mouth against its middle, positive down. */
  corner: number
  /** Height of the open mouth. */
  open: number
  teeth: boolean
  lips: number
  skin: Colour
  shadow: Colour
  softShadow: Colour
  light: Colour
  hair: Colour
}

interface Mouth { corner: number, open: number, width: number, lips: number, teeth: boolean, brow: [number, number], eyes: number }

/** Expressions at full intensity, apart from the action units that are labelled. */
const MOUTHS: Record<Look['expression'], Mouth> = {
  neutral: {
    corner: 0,
    open: 0,
    width: 1,
    lips: 1,
    teeth: false,
    brow: [0, 0],
    eyes: 1,
  },
  happy: {
    corner: -8,
    open: 11,
    width: 1.2,
    lips: 0.9,
    teeth: true,
    brow: [-1, -1],
    eyes: 1,
  },
  sad: {
    corner: 8,
    open: 0,
    width: 0.86,
    lips: 0.95,
    teeth: false,
    brow: [-8, 3],
    eyes: 0.86,
  },
  surprise: {
    corner: 2,
    open: 19,
    width: 0.62,
    lips: 1,
    teeth: false,
    brow: [-8, -8],
    eyes: 1.4,
  },
  fear: {
    corner: 5,
    open: 8,
    width: 1.06,
    lips: 0.7,
    teeth: true,
    brow: [-9, -2],
    eyes: 1.35,
  },
  disgust: {
    corner: 6,
    open: 3,
    width: 0.88,
    lips: 1.05,
    teeth: false,
    brow: [1, 1],
    eyes: 0.9,
  },
  anger: {
    corner: 4,
    open: 0,
    width: 0.84,
    lips: 0.45,
    teeth: false,
    brow: [2, -2],
    eyes: 1.06,
  },
}

/** Puts person and look together. */
export function shapeOf(person: Person, look: Look): Shape {
  const child = Math.max(0, Math.min(1, (16 - look.ageYears) / 15))
  const old = Math.max(0, Math.min(1, (look.ageYears - 30) / 55))
  const { au4, au6, au7, au9, au10, au43 } = look.units
  const mouth = MOUTHS[look.expression]
  const between = (neutral: number, full: number): number => neutral + (full - neutral) * look.intensity
  const eyes = person.eyeHeight * (1 + 0.28 * child) * (1 - 0.22 * old) * between(1, mouth.eyes)
  return {
    child,
    old,
    cheek: person.cheek + 3 * child + 1.5 * old,
    jaw: person.jaw - 3 * child + 4 * old,
    chin: person.chin - 12 * child + (look.expression === 'surprise'
      ? 5 * look.intensity
      : 0),
    top: person.top - 2 * child,
    eyeX: person.eyeDistance + 0.6 * child,
    eyeY: 94 + 7 * child,
    eyeWidth: person.eyeWidth * (1 + 0.12 * child),
    upperLid: Math.max(1.2, eyes * 1.5 - au7 * 0.75 - au4 * 0.35),
    lowerLid: Math.max(0.6, eyes * 1.1 - au6 * 0.85 - au7 * 0.6),
    isClosed: au43 === 1,
    browY: person.browHeight * (1 - 0.05 * child) - au4 * 0.9 - 1.5 * old + (look.expression === 'surprise'
      ? 1
      : 0),
    browWeight: person.browWeight * (1 - 0.4 * child),
    browInner: between(0, mouth.brow[0]) + au4 * 1.1,
    browOuter: between(0, mouth.brow[1]) - au4 * 0.35,
    noseY: 94 + 7 * child + person.noseLength * (1 - 0.2 * child) + 1.5 * old - au9 * 0.7,
    noseWidth: person.noseWidth * (1 - 0.14 * child) + 1.2 * old + au9 * 0.35,
    mouthY: 154 + 1 * old - 4 * child,
    mouthWidth: person.mouthWidth * (1 - 0.14 * child) * between(1, mouth.width),
    corner: between(0, mouth.corner),
    open: Math.max(between(0, mouth.open), au10 * 0.7),
    teeth: mouth.teeth || au10 >= 3,
    lips: person.lipFullness * between(1, mouth.lips) * (1 - 0.28 * old),
    skin: mix(person.skin, '#e8cfb8', 0.1 * old),
    shadow: mix(person.skin, '#2a120a', 0.45),
    softShadow: mix(person.skin, '#2a120a', 0.24),
    light: mix(person.skin, '#fff6ea', 0.4),
    hair: mix(person.hair, '#b9b6b2', look.grey * 0.95),
  }
}
