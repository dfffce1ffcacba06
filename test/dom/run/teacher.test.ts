import { flushPromises } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import RunTeacher from '#renderer/views/run/RunTeacher.vue'
import { FacetError } from '#shared/errors.ts'
import { fakeClient } from '../fake-client.ts'
import { showScreen } from '../screen.ts'

const key = 'a'.repeat(64)

async function open(answer: (input: unknown) => unknown) {
  const asked = vi.fn(answer)
  const client = fakeClient({ 'studies.list': () => [], 'teachers.createFromRun': asked as never })
  const { view } = await showScreen(RunTeacher, { client, at: '/runs/a', props: { run: { key, label: 'distil ae' } } })
  await view.get('button').trigger('click')
  const dialogue = (): HTMLElement => document.querySelector('[role=dialog]')!
  const button = (text: string): HTMLButtonElement => [...dialogue().querySelectorAll('button')].find(each => each.textContent!.includes(text))!
  const type = async (place: number, text: string): Promise<void> => {
    const input = dialogue().querySelectorAll('input')[place]!
    input.value = text
    input.dispatchEvent(new Event('input'))
    await flushPromises()
  }
  const submit = async (): Promise<void> => {
    dialogue().querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
    await flushPromises()
  }
  return { view, asked, dialogue, button, type, submit }
}

it('a run becomes a teacher by its name; what is left empty is not said', async () => {
  const { view, asked, dialogue, button, type, submit } = await open(() => ({ name: 'own-ages', embedding: { dimension: 128 } }))
  expect(dialogue().textContent).toContain('Use distil ae as a teacher')
  expect(button('Add').disabled).toBe(true)
  await type(0, 'Own Ages')
  expect(button('Add').disabled).toBe(true)
  await type(0, 'own-ages')
  expect(button('Add').disabled).toBe(false)
  await type(2, 'age')
  await submit()
  expect(asked.mock.calls).toEqual([[{ key, name: 'own-ages', knowledge: 'age' }]])
  expect(dialogue().textContent).toMatch(/Teacher\s+own-ages\s+gives 128 numbers per face/)
  expect(dialogue().querySelector('a')!.getAttribute('href')).toContain('/teachers')
  view.unmount()
})

it('a refusal says why and can be tried again', async () => {
  const { view, dialogue, button, type, submit } = await open(() => {
    throw new FacetError('conflict', 'There is a teacher "dlib" already (built-in).', { hint: 'Choose another name.' })
  })
  await type(0, 'dlib')
  await submit()
  expect(dialogue().textContent).toContain('There is a teacher "dlib" already')
  expect(button('Add').disabled).toBe(false)
  view.unmount()
})
