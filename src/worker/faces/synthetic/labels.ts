import type { ATTRIBUTES } from '#shared/synthetic.ts'
import type { Look } from './look.ts'
import type { Person } from './person.ts'
import { coversEars } from './hair.ts'
import { painIntensity } from './look.ts'
import { shapeOf } from './shape.ts'

/** The columns of labels.csv after path and subject, in order. Attributes have CelebA's names, 1 or 0. */
export function labelsOf(person: Person, look: Look): Record<string, string | number> {
  return {
    age: look.ageYears,
    gender: person.gender,
    ethnicity: person.ethnicity,
    expression: look.expression,
    pain: painIntensity(look.units),
    ...look.units,
    ...Object.fromEntries(Object.entries(attributesOf(person, look)).map(([name, value]) => [
      name,
      Number(value),
    ])),
  }
}

/** Attributes as the drawing shows them: hair that a hat hides has no colour and no fringe. */
function attributesOf(person: Person, look: Look): Record<typeof ATTRIBUTES[number], boolean> {
  const shape = shapeOf(person, look)
  const isGrey = look.grey > 0.5
  const hasHair = look.style !== 'receding' && (!look.hat || coversEars(look))
  return {
    Bald: look.style === 'receding' && !look.hat,
    Bangs: !look.hat && (look.style === 'fringe' || look.style === 'bob'),
    Big_Nose: shape.noseWidth > 13,
    Black_Hair: hasHair && !isGrey && person.hairColour === 'black',
    Blond_Hair: hasHair && !isGrey && person.hairColour === 'blond',
    Brown_Hair: hasHair && !isGrey && person.hairColour === 'brown',
    Bushy_Eyebrows: shape.browWeight > 4.6,
    Eyeglasses: look.glasses,
    Goatee: look.beard === 'goatee',
    Gray_Hair: hasHair && isGrey,
    Male: person.gender === 'male',
    Mouth_Slightly_Open: shape.open >= 1.5,
    Mustache: look.beard === 'moustache' || look.beard === 'goatee' || look.beard === 'full',
    Narrow_Eyes: shape.isClosed || shape.upperLid + shape.lowerLid < 11,
    No_Beard: look.beard === 'none' || look.beard === 'moustache',
    Rosy_Cheeks: look.rosy,
    Smiling: look.expression === 'happy',
    Wearing_Earrings: look.earrings,
    Wearing_Hat: look.hat,
    Wearing_Lipstick: look.lipstick,
    Young: look.ageYears < 40,
  }
}
