import { z } from 'zod'

/** synthetic.json: what decides a folder of drawn faces, to the bit. */
export const SyntheticFaces = z.strictObject({
  count: z.int().min(1).max(1_000_000).default(1200).describe('Faces'),
  seed: z.int().min(0).default(0).describe('Another seed gives other people and photographs'),
  size: z.int().min(64).max(512).default(128).describe('Side of the images in pixels'),
  identities: z.int().min(1).default(150).describe('People; their photographs come in turn'),
})
export type SyntheticFaces = z.infer<typeof SyntheticFaces>

/** The same with every field left to synthetic.json or its default where it is not given. */
export const SyntheticOverrides = z.strictObject({
  count: SyntheticFaces.shape.count.unwrap().optional().describe(SyntheticFaces.shape.count.description!),
  seed: SyntheticFaces.shape.seed.unwrap().optional().describe(SyntheticFaces.shape.seed.description!),
  size: SyntheticFaces.shape.size.unwrap().optional().describe(SyntheticFaces.shape.size.description!),
  identities: SyntheticFaces.shape.identities.unwrap().optional().describe(SyntheticFaces.shape.identities.description!),
})
export type SyntheticOverrides = z.infer<typeof SyntheticOverrides>

/** synthetic-objects.json: the same for drawn objects. */
export const SyntheticObjects = SyntheticFaces.omit({ identities: true })
export type SyntheticObjects = z.infer<typeof SyntheticObjects>
export const SyntheticObjectsOverrides = SyntheticOverrides.omit({ identities: true })

/** What a folder of drawn images shows; each kind has its parameters in a file of its own. */
export const syntheticKinds = ['faces', 'objects'] as const
export type SyntheticKind = typeof syntheticKinds[number]

/** Classes of the drawn objects, in the order of their class numbers. */
export const OBJECTS = ['ball', 'bottle', 'car', 'chair', 'cup', 'fish', 'flower', 'house', 'star', 'tree'] as const

/** Classes of the drawn faces, in the order of their class numbers. */
export const GENDERS = ['male', 'female'] as const
export const ETHNICITIES = [
  'White',
  'Black',
  'Asian',
  'Indian',
  'Others',
] as const
export const EXPRESSIONS = [
  'neutral',
  'happy',
  'sad',
  'surprise',
  'fear',
  'disgust',
  'anger',
] as const

/** Facial action units that pain is scored from (Prkachin and Solomon 2008), with their highest intensity. */
export const ACTION_UNITS = {
  au4: 5,
  au6: 5,
  au7: 5,
  au9: 5,
  au10: 5,
  au43: 1,
} as const

/** Attributes as CelebA names them (Liu et al. 2015). */
export const ATTRIBUTES = [
  'Bald',
  'Bangs',
  'Big_Nose',
  'Black_Hair',
  'Blond_Hair',
  'Brown_Hair',
  'Bushy_Eyebrows',
  'Eyeglasses',
  'Goatee',
  'Gray_Hair',
  'Male',
  'Mouth_Slightly_Open',
  'Mustache',
  'Narrow_Eyes',
  'No_Beard',
  'Rosy_Cheeks',
  'Smiling',
  'Wearing_Earrings',
  'Wearing_Hat',
  'Wearing_Lipstick',
  'Young',
] as const
