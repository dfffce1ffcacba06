import type { Tried } from '#shared/try-views.ts'
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, shallowRef } from 'vue'
import { clientKey } from '#renderer/client/client.ts'
import { droppedFile } from '#renderer/composables/dropped.ts'
import { useRunActions } from '#renderer/composables/useRunActions.ts'
import DropZone from '#renderer/frame/DropZone.vue'
import DatasetsView from '#renderer/views/datasets/DatasetsView.vue'
import { useRunLog } from '#renderer/views/run/useRunLog.ts'
import StageTabs from '#renderer/views/stages/StageTabs.vue'
import NameDialog from '#renderer/views/studies/NameDialog.vue'
import { useTry } from '#renderer/views/try/useTry.ts'
import { fakeClient } from '../fake-client.ts'
import { showScreen } from '../screen.ts'

function using<T>(client: ReturnType<typeof fakeClient>, use: () => T): { made: T, unmount: () => void } {
  let made!: T
  const view = mount(defineComponent({ setup: () => {
    made = use()
    return () => h('div')
  } }), { global: { provide: { [clientKey as symbol]: client } } })
  return { made, unmount: () => view.unmount() }
}
function drop(file: File, isDirectory = false): void {
  const event = new Event('drop', { bubbles: true, cancelable: true })
  Object.assign(event, { dataTransfer: { items: [{ webkitGetAsEntry: () => ({ isDirectory }) }], files: [file] } })
  document.dispatchEvent(event)
}
afterEach(() => {
  document.body.replaceChildren()
  droppedFile.value = null
})

describe('what is dropped', () => {
  const folder = new File([], 'faces')
  const desktop = { dropPath: (file: File) => `/photographs/${file.name}` }

  it('a folder from another screen opens the dialogue with its path', async () => {
    const client = fakeClient({ 'datasets.overview': () => [], 'datasets.adding': () => [], 'studies.list': () => [], 'datasets.formats': () => [] })
    const { view, router } = await showScreen(DatasetsView, { client, at: '/datasets?part=target&add=/photographs/faces', desktop, stubs: { AddDataset: defineComponent({ name: 'AddDataset', props: ['startAt'], render: () => h('i') }) } })
    await flushPromises()
    expect(view.getComponent({ name: 'AddDataset' }).props('startAt')).toBe('/photographs/faces')
    expect(router.currentRoute.value.fullPath).toBe('/datasets?part=target')
    view.unmount()
  })

  it.each([
    ['a folder', folder, true, '/try?study=a', '/datasets?add=/photographs/faces'],
    ['a folder where data sets are', folder, true, '/datasets?part=target', '/datasets?part=target&add=/photographs/faces'],
    ['a photograph', new File(['x'], 'a.jpg', { type: 'image/jpeg' }), false, '/datasets', '/try'],
    ['a photograph where it is tried', new File(['x'], 'a.jpg', { type: 'image/jpeg' }), false, '/try?study=a', '/try?study=a'],
    ['a recipe', new File(['x'], 'a.yaml'), false, '/try', '/studies'],
  ])('%s goes where it is taken', async (_, file, isDirectory, at, to) => {
    const { view, router } = await showScreen(DropZone, { client: fakeClient({ 'studies.list': () => [] }), at, desktop })
    drop(file, isDirectory)
    await flushPromises()
    expect(decodeURIComponent(router.currentRoute.value.fullPath)).toBe(to)
    expect(droppedFile.value).toBe(isDirectory ? null : file)
    view.unmount()
  })
})

it('an arrow key focuses the tab it goes to, before the address has followed', async () => {
  const tabs = mount(StageTabs, { props: { 'tabs': ['study', 'prepare', 'distil'], 'issues': [], 'plan': null, 'modelValue': 'study', 'onUpdate:modelValue': () => {} }, attachTo: document.body })
  await tabs.get('[role=tablist]').trigger('keydown', { key: 'ArrowRight' })
  expect(tabs.emitted('update:modelValue')).toEqual([['prepare']])
  expect(document.activeElement).toBe(tabs.findAll('[role=tab]')[1]!.element)
})

it('a log asks once more for what came while it asked', async () => {
  const isActive = shallowRef(true)
  const answers: ((answer: unknown) => void)[] = []
  const client = fakeClient({ 'runs.logs': () => new Promise((resolve) => { answers.push(resolve) }) })
  const { made: log, unmount } = using(client, () => useRunLog(() => 'aa', () => isActive.value))
  isActive.value = false
  await flushPromises()
  expect(answers).toHaveLength(1)
  answers[0]!({ path: 'log', text: '', next: 0 })
  await flushPromises()
  expect(answers).toHaveLength(2)
  answers[1]!({ path: 'log', text: 'its last words\n', next: 15 })
  await flushPromises()
  expect(log.lines.value).toHaveLength(1)
  unmount()
})

it('an answer for a study that is not chosen any more is dropped, and the chosen one is asked', async () => {
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:x', revokeObjectURL: () => {} }))
  const study = shallowRef('a')
  const answers = new Map<string, (answer: unknown) => void>()
  const client = fakeClient({ 'try.predict': ({ study }: { study: string }) => new Promise((resolve) => { answers.set(study, resolve) }) })
  const { made, unmount } = using(client, () => useTry(study))
  void made.take.run(new Blob(['x']), 'photograph')
  await vi.waitFor(() => expect(answers.has('a')).toBe(true))
  answers.get('a')!({ faces: [] })
  await flushPromises()
  void made.again.run(true)
  await flushPromises()
  study.value = 'b'
  await flushPromises()
  answers.get('a')!({ faces: ['of a'] })
  await vi.waitFor(() => expect(answers.has('b')).toBe(true))
  expect(made.result.value).toBeNull()
  answers.get('b')!({ faces: ['of b'] } as unknown as Tried)
  await flushPromises()
  expect(made.result.value).toEqual({ faces: ['of b'] })
  unmount()
  vi.unstubAllGlobals()
})

it('a copy cannot take the name of another study, a renamed one may keep its own', async () => {
  const props = { title: 'Name', initial: 'a-copy', taken: ['a', 'a-copy'], confirm: 'Do', problem: null }
  const stubs = { AppDialog: defineComponent({ setup: (_, { slots }) => () => h('div', slots.default!()) }) }
  const isRefused = (own: string | null): boolean => mount(NameDialog, { props: { ...props, own }, global: { stubs } }).get('button[type=submit]').attributes('disabled') !== undefined
  expect([isRefused(null), isRefused('a-copy')]).toEqual([true, false])
})

it('runs of a study are taken up each in its way, also where one refuses', async () => {
  const client = fakeClient({
    'studies.list': () => [],
    'runs.list': () => [{ key: 'a', state: 'interrupted' }, { key: 'b', state: 'failed' }, { key: 'c', state: 'paused' }],
    'runs.resume': ({ key }: { key: string }) => {
      if (key === 'a')
        throw new Error('of an earlier version')
    },
    'runs.retry': () => null,
  })
  let actions!: ReturnType<typeof useRunActions>
  const { view } = await showScreen(defineComponent({ setup: () => {
    actions = useRunActions()
    return () => h('div')
  } }), { client, at: '/' })
  await actions.goOn.run('s', ['interrupted', 'failed', 'paused'])
  expect(client.calls.slice(-3)).toEqual([['runs.resume', { key: 'a' }], ['runs.retry', { key: 'b' }], ['runs.resume', { key: 'c' }]])
  expect(actions.goOn.problem.value?.message).toContain('earlier version')
  view.unmount()
})
