import type { Task } from '#shared/dataset.ts'
import { expect, it } from 'vitest'
import { groupingsOf } from '#main/tables/read-groups.ts'

it('samples are grouped once by what classes and an attribute both tell', () => {
  const gender = { kind: 'classification', label: 'gender', classes: ['male', 'female'] } as Task
  const attributes = { kind: 'attributes', label: 'attributes', attributes: ['Bald', 'Male'] } as Task
  const [both, attribute] = [groupingsOf({ gender, attributes }), groupingsOf({ attributes })]
  expect(both.map(({ by }) => by)).toEqual(['gender'])
  expect(both[0]!.groupOf({ gender: 1, attributes: '01' })).toBe(1) // by the classes
  expect(attribute.map(({ by }) => by)).toEqual(['gender'])
  expect(attribute[0]!.groupOf({ attributes: '01' })).toBe(0)
})
