import type { TeacherDraft } from '#shared/teacher-views.ts'

/** What is not right yet of a teacher's draft, by field; the host checks it again. */
export function checkDraft({ name, title, knowledge, licence, embedding, input }: TeacherDraft): Partial<Record<string, string>> {
  const [x0, y0, x1, y1] = input.crop
  const channels = input.color === 'gray' ? 1 : 3
  const list = (values: number[]): string | undefined => values.some(value => !Number.isFinite(value))
    ? 'numbers, separated by commas'
    : values.length !== 1 && values.length !== channels
      ? `one number${channels === 3 ? ', or three' : ''}; these are ${values.length}`
      : undefined
  const found = {
    name: /^[a-z0-9][a-z0-9-]*$/.test(name) ? undefined : 'lower-case letters, digits and dashes',
    title: title.trim() ? undefined : 'a title for tables',
    knowledge: knowledge.trim() ? undefined : 'what it knows, e.g. identity',
    licence: licence.trim() ? undefined : 'the terms of its weights; "unknown" is an answer',
    node: embedding.node ? undefined : 'choose a node',
    dimension: Number.isInteger(embedding.dimension) && embedding.dimension > 0 ? undefined : 'a whole number of at least 1',
    size: Number.isInteger(input.size) && input.size > 0 ? undefined : 'a whole number of at least 1',
    crop: input.crop.every(Number.isFinite) && x0 >= 0 && y0 >= 0 && x1 <= 300 && y1 <= 300 && x1 - x0 >= 1 && y1 - y0 >= 1 ? undefined : 'x0, y0, x1, y1 inside 0 to 300, the first two below the others',
    mean: list(input.mean),
    std: list(input.std) ?? (input.std.every(value => value > 0) ? undefined : 'above 0'),
  }
  return Object.fromEntries(Object.entries(found).filter(([, problem]) => problem !== undefined))
}
