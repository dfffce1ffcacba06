import { FacetError } from '#shared/errors.ts'

const HELD_OUT_EVERY = 5

/** Part of the people that combiner and student see, of so many. */
export function seenShare(people: number, chosen: string[] | undefined): number {
  return 1 - (chosen?.length ?? Math.ceil(people / HELD_OUT_EVERY)) / people
}

/**
 * People that combiner and student never see, where a protocol leaves one person out in turn: those chosen, or every fifth, sorted.
 * @throws FacetError `bad-input` for a person who is not there
 */
export function heldOutSubjects(subjects: string[], chosen: string[] | undefined, root: string): Set<string> {
  if (!chosen)
    return new Set(subjects.filter((_, i) => i % HELD_OUT_EVERY === 0))
  const absent = chosen.filter(subject => !subjects.includes(subject))
  if (absent.length > 0)
    throw new FacetError('bad-input', `Option unseenSubjects names ${absent.join(', ')}, of whom there is no image.`, { where: root, hint: `Subjects here: ${subjects.join(', ')}.` })
  return new Set(chosen)
}
