import type { RunView } from '#shared/views.ts'
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { clientKey } from '#renderer/client/client.ts'
import RunState from '#renderer/components/RunState.vue'
import RunLog from '#renderer/views/run/RunLog.vue'
import { fakeClient } from '../fake-client.ts'

afterEach(() => {
  vi.unstubAllGlobals()
  document.body.replaceChildren()
})

describe('the state of a run', () => {
  type Shown = Pick<RunView, 'state' | 'progress' | 'reason'>
  const progress = { done: 30, total: 120, unit: 'steps', perSecond: 1, etaSeconds: 90 }
  const show = (run: Partial<Shown>) => mount(RunState, { props: { run: { state: 'running', progress: null, reason: null, ...run } as Shown } })

  it.each<[string, Partial<Shown>, string, string]>([
    ['at work, with its share and the time left', { progress }, 'running, 25 %, 1 min 30 s left', '25 %, 1 min 30 s left'],
    ['at work, without an estimate', { progress: { ...progress, etaSeconds: null } }, 'running, 25 %', '25 %'],
    ['at work, before it says how far it is', {}, 'running', 'running'],
    ['paused half way', { state: 'paused', progress }, 'paused', 'paused'],
    ['waiting for something', { state: 'queued', reason: { code: 'conflict', message: 'the disk is full' } as Shown['reason'] }, 'waiting', 'waiting'],
  ])('is heard as well as seen: %s', (_, run, heard, seen) => {
    const view = show(run)
    expect(view.text().replaceAll(/\s+/g, ' ')).toBe(heard)
    expect(view.get('.cut').text()).toBe(seen)
  })
})

describe('the log of a run', () => {
  const key = 'a'.repeat(64)
  async function showLog() {
    const text = `${JSON.stringify({ level: 'info', message: 'ignored' })}\nplain words\n`
    const client = fakeClient({ 'runs.logs': () => ({ path: '/w/log', text, next: text.length }) })
    const view = mount(RunLog, { props: { runKey: key, isActive: false }, attachTo: document.body, global: { provide: { [clientKey as symbol]: client } } })
    await flushPromises()
    return { view, copy: () => view.findAll('button').find(button => /Cop/.test(button.text()))! }
  }

  it('is copied as it stands, and the button says so', async () => {
    const writeText = vi.fn(async (_: string) => {})
    vi.stubGlobal('navigator', { clipboard: { writeText } })
    const { view, copy } = await showLog()
    await copy().trigger('click')
    await flushPromises()
    expect(writeText.mock.calls[0]![0]).toContain('plain words')
    expect(copy().text()).toBe('Copied')
    view.unmount()
  })

  it('says what to do where the clipboard cannot be written', async () => {
    vi.stubGlobal('navigator', { clipboard: { writeText: async () => { throw new Error('no permission') } } })
    document.execCommand = () => false
    const { view, copy } = await showLog()
    await copy().trigger('click')
    await flushPromises()
    expect(view.get('[role=alert]').text()).toContain('The clipboard cannot be written from here.')
    expect(copy().text()).toBe('Copy')
    view.unmount()
  })
})
