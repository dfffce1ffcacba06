import type { Exported } from '#shared/export.ts'
import { flushPromises } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import RunExport from '#renderer/views/run/RunExport.vue'
import { FacetError } from '#shared/errors.ts'
import { leavesNetwork } from '#shared/export.ts'
import { fakeClient } from '../fake-client.ts'
import { showScreen } from '../screen.ts'

const key = 'a'.repeat(64)
const written: Exported = {
  path: '/models/student',
  files: ['model.onnx', 'example.py', 'README.md'],
  bytes: 2_300_000,
  weights: 'int8',
  loss: { weights: 'int8', faces: 120, of: 'of the test split of utk', cosine: { mean: 0.99961, lowest: 0.9981 }, metric: { name: 'accuracy', before: 84.2, after: 84, moved: 0.8 } },
}

async function open(answer: (input: unknown) => unknown) {
  const asked = vi.fn(answer)
  const client = fakeClient({ 'studies.list': () => [], 'models.export': asked as never })
  const { view } = await showScreen(RunExport, { client, at: '/runs/a', desktop: { pickFolder: async () => '/models/student' }, props: { run: { key, label: 'distil ae' } } })
  await view.get('button').trigger('click')
  const dialogue = (): HTMLElement => document.querySelector('[role=dialog]')!
  const button = (text: string): HTMLButtonElement => [...dialogue().querySelectorAll('button')].find(each => each.textContent!.includes(text))!
  const choose = async (place: number, value: string): Promise<void> => {
    const select = dialogue().querySelectorAll('select')[place]!
    select.value = value
    select.dispatchEvent(new Event('change'))
    await flushPromises()
  }
  return { view, asked, dialogue, button, choose }
}

it('a network is exported in the format, with the weights and into the folder that were chosen, and what it costs is said', async () => {
  const { view, asked, dialogue, button, choose } = await open(() => written)
  expect(button('Export').disabled).toBe(true)
  await choose(0, 'onnx')
  expect(dialogue().textContent).not.toContain('is measured')
  await choose(1, 'int8')
  expect(dialogue().textContent).toContain('is measured on faces')
  button('Folder').click()
  await flushPromises()
  dialogue().querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
  await flushPromises()
  expect(asked.mock.calls[0]![0]).toEqual({ key, format: 'onnx', weights: 'int8', into: '/models/student' })
  for (const text of ['model.onnx, example.py, README.md', '/models/student', '0.99961 on average', 'accuracy 84.200 % before and 84.000 % after', '0.80 % of the answers changed'])
    expect(dialogue().textContent).toContain(text)
  view.unmount()
})

it('an export that is refused says why and can be tried again', async () => {
  const { view, dialogue, button } = await open(() => {
    throw new FacetError('bad-input', 'The folder is not empty.', { hint: 'Give a new or empty folder.' })
  })
  button('Folder').click()
  await flushPromises()
  dialogue().querySelector('form')!.dispatchEvent(new Event('submit', { cancelable: true }))
  await flushPromises()
  expect(dialogue().textContent).toContain('The folder is not empty.')
  expect(button('Export').disabled).toBe(false)
  view.unmount()
})

it('only runs that leave a network from pixels offer an export', () => {
  expect(leavesNetwork({ stage: 'distil', config: {} })).toBe(true)
  expect(leavesNetwork({ stage: 'transfer', config: { encoder: { kind: 'student', mode: 'frozen' } } })).toBe(true)
  expect(leavesNetwork({ stage: 'transfer', config: { encoder: { kind: 'scratch' } } })).toBe(true)
  expect(leavesNetwork({ stage: 'transfer', config: { encoder: { kind: 'teacher', name: 'dlib' } } })).toBe(false)
  expect(leavesNetwork({ stage: 'combine', config: {} })).toBe(false)
  expect(leavesNetwork({ stage: 'select', config: {} })).toBe(false)
  expect(leavesNetwork({ stage: 'transfer', config: { encoder: { kind: 'p-cnn' } } })).toBe(false)
  expect(leavesNetwork({ stage: 'transfer', config: { encoder: { kind: 'scratch' }, after: { task: 'identity', faces: 100 } } })).toBe(false)
})
