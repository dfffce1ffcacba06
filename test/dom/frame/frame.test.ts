import type { Reply } from '#shared/bridge.ts'
import { flushPromises, mount } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { defineComponent, h, ref } from 'vue'
import { clientKey, createPageClient } from '#renderer/client/client.ts'
import { createSocketTransport } from '#renderer/client/socket-transport.ts'
import StateTag from '#renderer/components/StateTag.vue'
import { runByKey, useCommands } from '#renderer/composables/useCommands.ts'
import { useQuery } from '#renderer/composables/useQuery.ts'
import { noticeOf } from '#renderer/composables/useRunNotices.ts'
import { fakeClient } from '../fake-client.ts'

/** A component that asks, for as long as it is mounted. */
function asking<T>(client: ReturnType<typeof fakeClient>, setup: () => T): { result: T, unmount: () => void } {
  let result!: T
  const view = mount(defineComponent({ setup: () => {
    result = setup()
    return () => h('div')
  } }), { global: { provide: { [clientKey as symbol]: client } } })
  return { result, unmount: () => view.unmount() }
}

describe('useQuery', () => {
  it('drops an answer that comes after a newer one, and keeps the old value while it asks again', async () => {
    const answers: ((value: unknown) => void)[] = []
    const client = fakeClient({ 'runs.get': () => new Promise((resolve) => { answers.push(resolve) }) })
    const key = ref('aaaa')
    const { result } = asking(client, () => useQuery('runs.get', () => ({ key: key.value })))
    expect(result.status.value).toBe('loading')
    key.value = 'bbbb'
    await flushPromises()
    answers[1]!('new')
    await flushPromises()
    answers[0]!('late')
    await flushPromises()
    expect(result.data.value).toBe('new')
    client.reconnect()
    expect(result.data.value).toBe('new')
    expect(answers).toHaveLength(3)
  })

  it('asks nothing of null, and asks once there is something to ask, be it no input at all', async () => {
    const client = fakeClient({ 'gc.preview': () => 'answer' })
    const isOpen = ref(false)
    const { result } = asking(client, () => useQuery('gc.preview', () => isOpen.value ? undefined : null as never))
    await flushPromises()
    expect(client.calls).toHaveLength(0)
    isOpen.value = true
    await flushPromises()
    expect(result.data.value).toBe('answer')
  })

  it('asks again after an event that concerns it, once for a burst, and not after it is gone', async () => {
    vi.useFakeTimers()
    const client = fakeClient({ 'workspace.info': () => 1 })
    const { unmount } = asking(client, () => useQuery('workspace.info', undefined, { refreshOn: ['run.changed'], concerns: event => (event as { key: string }).key === 'ours', throttleMs: 100 }))
    for (let burst = 0; burst < 5; burst++)
      client.emit('run.changed', { key: 'ours' })
    client.emit('run.changed', { key: 'others' })
    vi.advanceTimersByTime(150)
    expect(client.calls).toHaveLength(2)
    client.emit('run.changed', { key: 'ours' })
    unmount()
    vi.advanceTimersByTime(500)
    expect(client.calls).toHaveLength(2)
    vi.useRealTimers()
  })

  it('says what went wrong and keeps what it had', async () => {
    let fails = false
    const client = fakeClient({ 'workspace.info': () => {
      if (fails)
        throw new Error('no')
      return 1
    } })
    const { result } = asking(client, () => useQuery('workspace.info'))
    await flushPromises()
    fails = true
    await result.reload()
    expect([result.status.value, result.data.value, result.problem.value?.code]).toEqual(['failed', 1, 'internal'])
  })
})

class FakeSocket extends EventTarget {
  static all: FakeSocket[] = []
  readyState = 0
  sent: { id: number, method: string }[] = []
  constructor() {
    super()
    FakeSocket.all.push(this)
  }

  open(): void {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as { id: number, method: string })
  }

  say(message: unknown): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify(message) }))
  }

  close(): void {
    this.readyState = 3
    this.dispatchEvent(new Event('close'))
  }
}

it('a lost socket answers what waits, comes back by itself and tells that questions are to be asked again', async () => {
  vi.useFakeTimers()
  FakeSocket.all = []
  const transport = createSocketTransport(() => new FakeSocket() as unknown as WebSocket)
  const client = createPageClient(transport)
  const again = vi.fn()
  client.onReconnect(again)
  FakeSocket.all[0]!.open()
  const lost: Promise<Reply> = transport.call('app.info')
  await vi.advanceTimersByTimeAsync(0)
  expect(FakeSocket.all[0]!.sent).toMatchObject([{ id: 0, method: 'app.info' }])
  FakeSocket.all[0]!.close()
  expect(await lost).toMatchObject({ ok: false, problem: { code: 'interrupted' } })
  expect(client.connection.value).toBe('lost')
  await vi.advanceTimersByTimeAsync(300)
  FakeSocket.all[1]!.open()
  expect(client.connection.value).toBe('open')
  expect(again).toHaveBeenCalledOnce()
  const answer = client.call('workspace.check')
  await vi.advanceTimersByTimeAsync(0)
  FakeSocket.all[1]!.say({ id: 1, reply: { ok: true, value: { ok: true, problems: [] } } })
  expect(await answer).toEqual({ ok: true, problems: [] })
  await client.close()
  vi.useRealTimers()
})

it('a state is an icon and a word', () => {
  const view = mount(StateTag, { props: { state: 'failed' } })
  expect(view.text()).toBe('failed')
  expect(view.find('svg[aria-hidden=true]').exists()).toBe(true)
})

it('single keys rest while somebody types, Ctrl K does not', () => {
  const single = vi.fn()
  const palette = vi.fn()
  const view = mount(defineComponent({ setup: () => {
    useCommands([{ id: 'a', title: 'a', group: 'g', keys: 'P', run: single }, { id: 'b', title: 'b', group: 'g', keys: 'Ctrl K', run: palette }])
    return () => h('input')
  } }), { attachTo: document.body })
  const press = (init: KeyboardEventInit): void => {
    const event = new KeyboardEvent('keydown', { ...init, bubbles: true, cancelable: true })
    Object.defineProperty(event, 'target', { value: view.element })
    runByKey(event)
  }
  press({ key: 'p' })
  press({ key: 'k', ctrlKey: true })
  expect([single.mock.calls.length, palette.mock.calls.length]).toEqual([0, 1])
  runByKey(new KeyboardEvent('keydown', { key: 'p' }))
  expect(single).toHaveBeenCalledOnce()
  view.unmount()
  runByKey(new KeyboardEvent('keydown', { key: 'p' }))
  expect(single).toHaveBeenCalledOnce()
})

it('behind a dialogue every key rests, and the browser does not take it instead', () => {
  const run = vi.fn()
  const view = mount(defineComponent({ setup: () => {
    useCommands(['Ctrl S', 'Alt 1', 'F5'].map(keys => ({ id: keys, title: keys, group: 'g', keys, run })))
    return () => h('div', { 'role': 'dialog', 'aria-modal': 'true' })
  } }), { attachTo: document.body })
  for (const init of [{ key: 's', ctrlKey: true }, { key: '1', altKey: true }, { key: 'F5' }]) {
    const event = new KeyboardEvent('keydown', { ...init, cancelable: true })
    runByKey(event)
    expect(event.defaultPrevented).toBe(true)
  }
  expect(run).not.toHaveBeenCalled()
  view.unmount()
})

it('the bell tells of an end, and of nothing else', () => {
  const run = { key: 'f', attempt: 1, label: 'distil', durationMs: 61_000, reason: { code: 'disk', message: 'The disk is full.' } } as Parameters<typeof noticeOf>[0]
  expect(noticeOf({ ...run, state: 'failed' }, 5)).toMatchObject({ tone: 'err', title: 'distil failed', text: 'The disk is full.', route: '/runs/f' })
  expect(noticeOf({ ...run, state: 'running' }, 5)).toBeNull()
})
