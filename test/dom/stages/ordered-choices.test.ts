import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { defineComponent, h, nextTick, shallowRef } from 'vue'
import { moveEntry } from '#renderer/order.ts'
import OrderedChoices from '#renderer/views/stages/OrderedChoices.vue'

afterEach(() => document.body.replaceChildren())

/** The list as a form keeps it: what it asks for is what it is given next. */
function showChoices(first: string[], disabled = false) {
  const chosen = shallowRef(first)
  const choices = ['dlib', 'emotion', 'faceres', 'centernet'].map(value => ({ value }))
  const view = mount(defineComponent(() => () => h(OrderedChoices, { choices, chosen: chosen.value, disabled, onChange: (next: string[]) => { chosen.value = next } })), { attachTo: document.body })
  const button = (name: string): HTMLButtonElement => document.querySelector<HTMLButtonElement>(`[aria-label="${name}"]`)!
  return { chosen, view, button }
}

describe('teachers in their order', () => {
  it('move by their arrows, and the focus goes along', async () => {
    const { chosen, view, button } = showChoices(['dlib', 'emotion', 'faceres'])
    button('Move faceres up').focus()
    button('Move faceres up').click()
    await nextTick()
    expect(chosen.value).toEqual(['dlib', 'faceres', 'emotion'])
    expect(document.activeElement).toBe(button('Move faceres up'))
    button('Move faceres up').click()
    await nextTick()
    await nextTick()
    expect(chosen.value).toEqual(['faceres', 'dlib', 'emotion'])
    // at the top the arrow up rests, and the other one has the focus
    expect(button('Move faceres up').disabled).toBe(true)
    expect(document.activeElement).toBe(button('Move faceres down'))
    expect(view.findAll('.place').map(place => place.text())).toEqual(['1', '2', '3'])
  })

  it('move by dragging', async () => {
    const { chosen, view } = showChoices(['dlib', 'emotion', 'faceres'])
    const [first, , third] = view.findAll('li')
    await first!.trigger('dragstart')
    await third!.trigger('dragover')
    expect(third!.classes()).toContain('over')
    await third!.trigger('drop')
    expect(chosen.value).toEqual(['emotion', 'faceres', 'dlib'])
    // what was dragged outside and let go of moves nothing
    await view.findAll('li')[0]!.trigger('dragstart')
    await view.findAll('li')[0]!.trigger('dragend')
    await view.findAll('li')[2]!.trigger('drop')
    expect(chosen.value).toEqual(['emotion', 'faceres', 'dlib'])
  })

  it('are ticked to the end and unticked from their place', async () => {
    const { chosen, view } = showChoices(['dlib', 'emotion'])
    await view.findAll('.others input')[1]!.setValue(true)
    expect(chosen.value).toEqual(['dlib', 'emotion', 'centernet'])
    await view.findAll('li input')[0]!.setValue(false)
    expect(chosen.value).toEqual(['emotion', 'centernet'])
  })

  it('stay where the form may not be changed', () => {
    const { view } = showChoices(['dlib', 'emotion'], true)
    expect(view.findAll('button, input').every(one => one.attributes('disabled') !== undefined)).toBe(true)
    expect(view.get('li').attributes('draggable')).toBe('false')
  })
})

it('an entry moves from one place to another, and nowhere outside the list', () => {
  expect(moveEntry(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a'])
  expect(moveEntry(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
  expect(moveEntry(['a', 'b', 'c'], 0, -1)).toEqual(['a', 'b', 'c'])
  expect(moveEntry(['a', 'b', 'c'], 3, 0)).toEqual(['a', 'b', 'c'])
})
