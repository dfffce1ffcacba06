import { expect, it } from 'vitest'
import { plainData, readDocument, readValue } from '#shared/yaml-data.ts'

it('reads plain data, anchors and all', () => {
  expect(readValue('a: &x { b: 1 }\nc: *x\n')).toEqual({ a: { b: 1 }, c: { b: 1 } })
  expect(readValue('3')).toBe(3)
})

/** Ten of the line before on each line: 10^9 words of 400 characters. */
const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]', ...[...'bcdefghi'].map((name, i) => `${name}: &${name} [${Array.from({ length: 10 }).fill(`*${'abcdefghi'[i]}`).join(',')}]`)].join('\n')

it.each([
  ['anchors that multiply', bomb, 'alias'],
  ['an anchor that holds itself', 'a: &a [*a]', 'holds itself'],
  ['an anchor that is not there', 'a: *b', 'alias'],
  ['lists nested without end', '['.repeat(20_000), 'levels'],
  ['lists nested in one line', '- '.repeat(20_000), 'levels'],
  ['groups nested without end', `${'{a: '.repeat(5_000)}1${'}'.repeat(5_000)}`, 'levels'],
  ['groups nested by indentation', Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'levels'],
  ['a text longer than any recipe', 'a: b\n'.repeat(100_000), 'characters'],
  ['a prototype', '{ __proto__: { polluted: yes } }', '__proto__'],
  ['a prototype in quotes', '- "__proto__": { polluted: yes }', '__proto__'],
  ['broken grammar', '[', 'Flow sequence'],
])('refuses %s', (_name, text, why) => {
  expect(() => readValue(text)).toThrow(expect.objectContaining({ name: 'FacetError', code: 'bad-input', message: expect.stringContaining(why) as string }) as Error)
  expect(({} as { polluted?: string }).polluted).toBeUndefined()
})

it('runs nothing that a tag names', () => {
  expect(plainData(readDocument('a: !!js/function "function () { return 1 }"\nb: !!python/object/apply:os.system ["id"]'))).toEqual({ a: 'function () { return 1 }', b: ['id'] })
})

it('says in which file', () => {
  expect(() => readDocument('['.repeat(500), { where: 'teacher.yaml' })).toThrow(expect.objectContaining({ where: 'teacher.yaml' }) as Error)
})
