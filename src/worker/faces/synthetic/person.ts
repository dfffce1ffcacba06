import type { Colour } from './colour.ts'
import type { Random } from './random.ts'
import { ETHNICITIES, GENDERS } from '#shared/synthetic.ts'
import { mix } from './colour.ts'
import { createRandom } from './random.ts'

export type Gender = typeof GENDERS[number]
export type Ethnicity = typeof ETHNICITIES[number]
export type HairColour = 'black' | 'brown' | 'blond' | 'red'
export type HairStyle = 'short' | 'side' | 'fringe' | 'bob' | 'long' | 'bun' | 'afro' | 'buzz' | 'receding'

/** Lengths in units of the 200 x 200 canvas, at adult age. */
interface Geometry {
  jaw: number
  cheek: number
  chin: number
  top: number
  eyeDistance: number
  eyeWidth: number
  eyeHeight: number
  /** Rise of the outer corner. */
  eyeSlant: number
  browWeight: number
  browHeight: number
  browArch: number
  noseWidth: number
  noseLength: number
  lipFullness: number
  mouthWidth: number
  earSize: number
}

/** What stays the same on every photograph of a person. */
export interface Person extends Geometry {
  gender: Gender
  ethnicity: Ethnicity
  skin: Colour
  hairColour: HairColour
  hair: Colour
  iris: Colour
  style: HairStyle
  /** Age at which half of the hair is grey. */
  greyAt: number
  /** Whether the hair recedes with age. */
  balds: boolean
  wearsGlasses: boolean
  beard: 'none' | 'stubble' | 'moustache' | 'goatee' | 'full'
  /** Small marks on the skin: x, y, radius. */
  marks: [number, number, number][]
  cloth: Colour
}

interface Range { skin: [Colour, Colour], hair: Partial<Record<HairColour, number>>, iris: Colour[], noseWidth: number, lips: number, slant: number, eyeHeight: number, afro: number }

/** Where the means of drawn features differ; the spread within each group is larger than most differences between them. */
const RANGES: Record<Ethnicity, Range> = {
  White: {
    skin: ['#f6dac6', '#e8b994'],
    hair: { black: 1, brown: 5, blond: 4, red: 1 },
    iris: [
      '#5a3d26',
      '#4d6f8c',
      '#5d6f4a',
      '#6b7f94',
    ],
    noseWidth: 10,
    lips: 4.6,
    slant: 0,
    eyeHeight: 6.6,
    afro: 0,
  },
  Black: {
    skin: ['#7d5137', '#452a1d'],
    hair: { black: 6, brown: 1 },
    iris: ['#2c1d16', '#38251a'],
    noseWidth: 14.5,
    lips: 7,
    slant: 0.4,
    eyeHeight: 6.6,
    afro: 0.4,
  },
  Asian: {
    skin: ['#f3d7b4', '#dcb286'],
    hair: { black: 8, brown: 1 },
    iris: ['#2c1d16', '#3a2618'],
    noseWidth: 11,
    lips: 5,
    slant: 2.6,
    eyeHeight: 4.6,
    afro: 0,
  },
  Indian: {
    skin: ['#bd8a5f', '#8c5c3c'],
    hair: { black: 8, brown: 1 },
    iris: ['#2c1d16', '#3f2a1b'],
    noseWidth: 11.5,
    lips: 5.6,
    slant: 0.6,
    eyeHeight: 7.4,
    afro: 0,
  },
  Others: {
    skin: ['#e3b78f', '#b98660'],
    hair: { black: 4, brown: 5 },
    iris: ['#3f2a1b', '#5a3d26', '#5d6f4a'],
    noseWidth: 12,
    lips: 5.6,
    slant: 1,
    eyeHeight: 6.2,
    afro: 0.08,
  },
}
const HAIR: Record<HairColour, Colour[]> = {
  black: ['#16130f', '#221b17'],
  brown: ['#4a3020', '#6d4a2e'],
  blond: ['#c9a566', '#dcc08a'],
  red: ['#8d4423', '#a4552d'],
}
const CLOTHS = [
  '#2f3d52',
  '#5c2f35',
  '#3b4a3e',
  '#45464d',
  '#7a6a52',
  '#25303a',
  '#6b4d64',
  '#d8d5cf',
  '#8a3f35',
  '#2c5a63',
]

/** The person with this number in the data set of this seed: gender and ethnicity come in turn, the rest is drawn. */
export function createPerson(seed: number, number: number): Person {
  const random = createRandom(seed, 'person', number)
  const gender = GENDERS[number % 2]!
  const ethnicity = ETHNICITIES[Math.floor(number / 2) % 5]!
  const range = RANGES[ethnicity]
  const isMan = gender === 'male'
  const hairColour = random.weighted<HairColour>(range.hair)
  return {
    gender,
    ethnicity,
    skin: mix(...range.skin, random.between(0, 1)),
    hairColour,
    hair: mix(HAIR[hairColour][0]!, HAIR[hairColour][1]!, random.between(0, 1)),
    iris: random.pick(range.iris),
    style: styleOf(random, isMan, range.afro),
    greyAt: random.around(58, 8),
    balds: isMan && random.chance(0.4),
    wearsGlasses: random.chance(0.22),
    beard: isMan
      ? random.weighted<Person['beard']>({
          none: 10,
          stubble: 3,
          moustache: 2,
          goatee: 2,
          full: 3,
        })
      : 'none',
    ...createGeometry(random, range, isMan),
    marks: Array.from({
      length: random.whole(0, 3),
    }, () => [
      random.between(58, 142),
      random.between(108, 172),
      random.between(0.7, 1.5),
    ]),
    cloth: random.pick(CLOTHS),
  }
}

/** Lengths of a face, at adult age. */
function createGeometry(random: Random, range: Range, isMan: boolean): Geometry {
  return {
    jaw: random.around(isMan
      ? 44
      : 36, 3),
    cheek: random.around(isMan
      ? 58.5
      : 56.5, 3),
    chin: random.around(isMan
      ? 192
      : 188, 3.5),
    top: random.around(24, 3),
    eyeDistance: random.around(26.2, 1.8),
    eyeWidth: random.around(12.8, 1),
    eyeHeight: random.around(range.eyeHeight + (isMan
      ? 0
      : 0.6), 0.6),
    eyeSlant: random.around(range.slant, 0.8),
    browWeight: random.around(isMan
      ? 4.8
      : 3, 0.8),
    browHeight: random.around(isMan
      ? 15.5
      : 17.5, 1.5),
    browArch: random.around(isMan
      ? 4.5
      : 6.5, 1.5),
    noseWidth: random.around(range.noseWidth + (isMan
      ? 0.7
      : -0.7), 1.3),
    noseLength: random.around(37, 2.5),
    lipFullness: random.around(range.lips + (isMan
      ? -0.4
      : 0.6), 0.7),
    mouthWidth: random.around(isMan
      ? 22.5
      : 20.5, 1.8),
    earSize: random.around(15, 2),
  }
}

function styleOf(random: Random, isMan: boolean, afro: number): HairStyle {
  if (random.chance(afro))
    return 'afro'
  return isMan
    ? random.weighted<HairStyle>({
        short: 5,
        side: 4,
        buzz: 3,
        fringe: 1,
        long: 0.5,
      })
    : random.weighted<HairStyle>({
        long: 5,
        bob: 3,
        bun: 2,
        fringe: 2,
        side: 1,
        short: 0.7,
      })
}
