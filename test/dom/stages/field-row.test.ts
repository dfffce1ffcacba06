import type { FormField } from '#shared/recipe-edit/form.ts'
import { Text } from '@codemirror/state'
import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import { diagnosticsOf, smallestChange } from '#renderer/views/stages/editor-text.ts'
import { readField, wordBounds, writeField } from '#renderer/views/stages/field-text.ts'
import FieldRow from '#renderer/views/stages/FieldRow.vue'
import { methodEntries, toggleMethod, withMethodSeeds } from '#renderer/views/stages/method-entries.ts'

const width: FormField = { path: ['width'], label: 'Width', help: 'Channels', kind: 'integer', choices: [], minimum: 4, maximum: 128, isOpen: false, default: 27 }
const path = ['stages', 'distil', 'width']

describe('a field of the form', () => {
  it('shows its default where the recipe says nothing, without a way back', () => {
    const row = mount(FieldRow, { props: { field: width, path, value: undefined, standard: 27 } })
    expect(row.get('input').element.value).toBe('27')
    expect(row.find('.back[type=button]').exists()).toBe(false)
    expect(row.get('label').attributes('for')).toBe(row.get('input').attributes('id'))
    expect(row.text()).toContain('Channels (4 to 128)')
  })

  it('that differs says the default in words and goes back to it', async () => {
    const row = mount(FieldRow, { props: { field: width, path, value: 32, standard: 27 } })
    expect(row.text()).toContain('default 27')
    await row.get('.back').trigger('click')
    expect(row.emitted('reset')).toHaveLength(1)
    await row.get('input').setValue('64')
    expect(row.emitted('change')).toEqual([[64]])
    await row.get('input').setValue('')
    expect(row.emitted('reset')).toHaveLength(2)
  })

  it('is tied to its problem for readers', () => {
    const row = mount(FieldRow, { props: { field: width, path, value: 400, standard: 27, issues: [{ path, message: 'stages.distil.width is 400.', hint: 'It must be at most 128.', where: 'a.yaml line 3', place: null }] } })
    const input = row.get('input')
    expect(input.attributes('aria-invalid')).toBe('true')
    const issue = row.get('[role=alert]')
    expect(input.attributes('aria-describedby')!.split(' ')).toContain(issue.attributes('id'))
    expect(issue.text()).toBe('stages.distil.width is 400. It must be at most 128.')
  })

  it('leaves a number that is being typed alone', async () => {
    const row = mount(FieldRow, { props: { field: { ...width, kind: 'number' }, path, value: 1, standard: 27 } })
    await row.get('input').setValue('1.')
    await row.setProps({ value: 1 })
    expect(row.get('input').element.value).toBe('1.')
    await row.setProps({ value: 5 })
    expect(row.get('input').element.value).toBe('5')
  })
})

it('what is typed becomes a value of its kind; what cannot stays text, for the check to say so', () => {
  expect([readField('integer', '12'), readField('number', '5e-4'), readField('integer', 'many'), readField('integers', '1, 2 3'), readField('integer-or-word', 'mean'), readField('yaml', '{ a: 1 }'), readField('text', ' ')])
    .toEqual([12, 0.0005, 'many', [1, 2, 3], 'mean', { a: 1 }, undefined])
  expect([writeField([1, 2]), writeField({ a: [1] }), writeField(null), writeField(false)]).toEqual(['1, 2', '{ a: [1] }', '', 'false'])
  expect([wordBounds({ minimum: 0, maximum: null, isOpen: true }), wordBounds({ minimum: null, maximum: 3, isOpen: false }), wordBounds({ minimum: null, maximum: null, isOpen: false })]).toEqual(['more than 0', 'at most 3', ''])
})

describe('the YAML side', () => {
  it('is changed by the smallest stretch, so that the cursor stays', () => {
    expect(smallestChange('a: 1\nb: 2\n', 'a: 15\nb: 2\n')).toEqual({ from: 4, to: 4, insert: '5' })
    expect(smallestChange('aa', 'aaa')).toEqual({ from: 2, to: 2, insert: 'a' })
    expect(smallestChange('abc', 'abc')).toBeNull()
  })
  it('underlines a problem at its place, inside a text that has become shorter too', () => {
    const doc = Text.of(['study: x', 'seeds: [0]'])
    const issue = (line: number) => ({ path: [], message: 'No.', hint: 'Yes.', where: '', place: { line, column: 8, endColumn: 11 } })
    expect(diagnosticsOf(doc, [issue(2)])).toEqual([{ from: 16, to: 19, severity: 'error', message: 'No. Yes.' }])
    expect(diagnosticsOf(doc, [issue(9)])[0]!.from).toBeLessThanOrEqual(doc.length)
  })
})

it('methods: teacher:* takes the place of single teachers, own seeds come and go', () => {
  const known = ['teacher:*', 'teacher:dlib', 'ae', 'student']
  expect(methodEntries(['teacher:*', { name: 'student', seeds: [0] }, 'gone'], known)).toEqual([
    { name: 'teacher:*', isChosen: true, isCovered: false, seeds: null },
    { name: 'teacher:dlib', isChosen: false, isCovered: true, seeds: null },
    { name: 'ae', isChosen: false, isCovered: false, seeds: null },
    { name: 'student', isChosen: true, isCovered: false, seeds: [0] },
    { name: 'gone', isChosen: true, isCovered: false, seeds: null },
  ])
  expect(toggleMethod(['teacher:dlib', 'ae'], 'teacher:*', true)).toEqual(['teacher:*', 'ae'])
  expect(toggleMethod([{ name: 'ae', seeds: [1] }], 'ae', false)).toEqual([])
  expect(withMethodSeeds(['ae', 'student'], 'ae', [0, 1])).toEqual([{ name: 'ae', seeds: [0, 1] }, 'student'])
  expect(withMethodSeeds([{ name: 'ae', seeds: [0] }], 'ae', undefined)).toEqual(['ae'])
})
