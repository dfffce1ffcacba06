import type { RecipeEditor } from '#renderer/views/stages/useRecipeEditor.ts'
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, shallowRef } from 'vue'
import { clientKey } from '#renderer/client/client.ts'
import { pauseMs, useRecipeEditor } from '#renderer/views/stages/useRecipeEditor.ts'
import { valueAt } from '#shared/recipe-edit/edit-text.ts'
import { fakeClient } from '../fake-client.ts'

const saved = '# why\nstudy: small\nseeds: [0] # one\n'
const plan = { study: 'small', steps: [], cached: 0, toDo: 0, blocked: 0, seconds: 0, bytes: 0, freeBytes: 1 }

let stored: string
let issues: unknown[]
let unread: string[]
let client: ReturnType<typeof fakeClient>
let editor: RecipeEditor
let stop: () => void

beforeEach(async () => {
  vi.useFakeTimers()
  localStorage.clear()
  stored = saved
  issues = []
  unread = []
  client = fakeClient({
    'studies.open': () => ({ name: 'small', text: stored, path: '/w/recipes/small.yaml', hasRun: false, isSaved: true }),
    'studies.validate': () => ({ study: 'small', issues, methods: [], combiners: ['ae'], unread }),
    'studies.plan': () => plan,
    'studies.save': ({ text }: { text: string }) => {
      stored = text
      return { name: 'small', path: '/w/recipes/small.yaml' }
    },
    'studies.run': () => ({ study: 'small', plan, cached: 1, queued: 2, tables: [] }),
  })
  const wrapper = mount(defineComponent({ setup: () => {
    editor = useRecipeEditor(shallowRef('small'))
    return () => h('div')
  } }), { global: { provide: { [clientKey as symbol]: client } } })
  stop = () => wrapper.unmount()
  await flushPromises()
})
afterEach(() => {
  stop()
  vi.useRealTimers()
})

describe('a recipe in the editor', () => {
  it('is opened, checked and planned', () => {
    expect(editor.status.value).toBe('ready')
    expect(editor.text.value).toBe(saved)
    expect(editor.planState.value).toBe('ready')
    expect(editor.isDirty.value).toBe(false)
  })

  it('whose check fails says why, and does not count for ever', async () => {
    vi.spyOn(client, 'call').mockRejectedValue(new Error('the host is gone'))
    editor.set(['seeds'], [1])
    await flushPromises()
    expect(editor.planState.value).toBe('none')
    expect(editor.planProblem.value).not.toBeNull()
  })

  it('changed in the form is changed in the text at once, its comments kept', async () => {
    editor.set(['seeds'], [0, 1])
    expect(editor.text.value).toBe('# why\nstudy: small\nseeds: [0, 1] # one\n')
    expect(valueAt(editor.data.value, ['seeds'])).toEqual([0, 1])
    expect(editor.isDirty.value).toBe(true)
    editor.set(['stages', 'distil', 'width'], 30)
    editor.reset(['stages', 'distil', 'width'])
    expect(editor.text.value).toBe('# why\nstudy: small\nseeds: [0, 1] # one\n')
  })

  it('typed as YAML is in the form after a pause, not before', async () => {
    editor.text.value = saved.replace('[0]', '[5]')
    await vi.advanceTimersByTimeAsync(pauseMs - 20)
    expect(valueAt(editor.data.value, ['seeds'])).toEqual([0])
    await vi.advanceTimersByTimeAsync(40)
    expect(valueAt(editor.data.value, ['seeds'])).toEqual([5])
  })

  it('whose YAML is broken keeps the form as it was and lets it change nothing', async () => {
    issues = [{ path: [], message: 'The YAML cannot be read', hint: null, where: 'small.yaml line 2, column 8', place: { line: 2, column: 8, endColumn: 9 } }]
    editor.text.value = 'study: small\nseeds: [0'
    await vi.advanceTimersByTimeAsync(pauseMs)
    expect(editor.isBroken.value).toBe(true)
    expect(valueAt(editor.data.value, ['seeds'])).toEqual([0])
    editor.set(['seeds'], [7])
    expect(editor.text.value).toBe('study: small\nseeds: [0')
    expect(editor.planState.value).toBe('none')
    expect(editor.issues.value).toHaveLength(1)
  })

  it('is not planned before its data sets were read, unless a person says so', async () => {
    unread = ['utk']
    editor.set(['seeds'], [1])
    await flushPromises()
    expect(editor.planState.value).toBe('waiting')
    const plans = client.calls.filter(([method]) => method === 'studies.plan').length
    await editor.countPlan()
    expect(client.calls.filter(([method]) => method === 'studies.plan')).toHaveLength(plans + 1)
    expect(editor.planState.value).toBe('ready')
  })

  it('is saved, and started only when it is', async () => {
    editor.set(['seeds'], [2])
    const { queued } = await editor.start(false)
    expect(queued).toBe(2)
    expect(stored).toContain('seeds: [2] # one')
    expect(editor.isDirty.value).toBe(false)
    expect(client.calls.map(([method]) => method).filter(method => ['studies.save', 'studies.run'].includes(method))).toEqual(['studies.save', 'studies.run'])
  })

  it('saved by somebody else is shown where nothing was changed here, and said where something was', async () => {
    stored = saved.replace('[0]', '[8]')
    client.emit('studies.changed', { name: 'small' })
    await flushPromises()
    expect(editor.text.value).toBe(stored)
    editor.set(['seeds'], [9])
    stored = saved.replace('[0]', '[10]')
    client.emit('studies.changed', { name: 'small' })
    await flushPromises()
    expect(editor.isOutdated.value).toBe(true)
    expect(editor.text.value).toContain('[9]')
    await editor.reload()
    expect(editor.text.value).toBe(stored)
    expect(editor.isOutdated.value).toBe(false)
  })

  it('that was not saved when its window closed is there again, until it is discarded or the saved one has moved on', async () => {
    editor.set(['seeds'], [3])
    stop()
    const again = (): RecipeEditor => {
      let other!: RecipeEditor
      const wrapper = mount(defineComponent({ setup: () => {
        other = useRecipeEditor(shallowRef('small'))
        return () => h('div')
      } }), { global: { provide: { [clientKey as symbol]: client } } })
      stop = () => wrapper.unmount()
      return other
    }
    const second = again()
    await flushPromises()
    expect([second.isRestored.value, second.isDirty.value]).toEqual([true, true])
    expect(second.text.value).toContain('seeds: [3] # one')
    second.discard()
    stop()
    const third = again()
    await flushPromises()
    expect([third.isRestored.value, third.text.value]).toEqual([false, saved])
    third.set(['seeds'], [4])
    stop()
    stored = saved.replace('[0]', '[9]')
    const fourth = again()
    await flushPromises()
    expect([fourth.isRestored.value, fourth.text.value]).toEqual([false, stored])
  })

  it('drops a check that was overtaken', async () => {
    const waiting: ((answer: unknown) => void)[] = []
    const slow = fakeClient({
      'studies.open': () => ({ name: 'small', text: saved, path: '/w', hasRun: false, isSaved: true }),
      'studies.validate': () => new Promise(resolve => waiting.push(resolve)),
      'studies.plan': () => plan,
    })
    let other!: RecipeEditor
    const wrapper = mount(defineComponent({ setup: () => {
      other = useRecipeEditor(shallowRef('small'))
      return () => h('div')
    } }), { global: { provide: { [clientKey as symbol]: slow } } })
    await flushPromises()
    other.set(['seeds'], [1])
    await flushPromises()
    const answer = (combiners: string[]): unknown => ({ study: 'small', issues: [], methods: [], combiners, unread: [] })
    waiting[1]!(answer(['new']))
    await flushPromises()
    waiting[0]!(answer(['old']))
    await flushPromises()
    expect(other.checked.value?.combiners).toEqual(['new'])
    wrapper.unmount()
  })
})
