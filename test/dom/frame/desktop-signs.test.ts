import type { MenuCommand } from '#shared/desktop.ts'
import type { RunView } from '#shared/views.ts'
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { defineComponent, h, shallowRef } from 'vue'
import { desktopKey } from '#renderer/client/desktop.ts'
import { overallFraction, useDesktopSigns } from '#renderer/composables/useDesktopSigns.ts'

type Working = Pick<RunView, 'progress'>
const run = (done: number, total: number): Working => ({ progress: { done, total, unit: 'steps', perSecond: 1, etaSeconds: null } })

afterEach(() => vi.restoreAllMocks())

/** The signs of a window that has or has not the focus. */
function show({ hasFocus = true, fails = false } = {}) {
  vi.spyOn(document, 'hasFocus').mockReturnValue(hasFocus)
  const runs = shallowRef<Working[]>([])
  const unread = shallowRef(0)
  const answer = async (): Promise<null> => {
    if (fails)
      throw new Error('no task bar')
    return null
  }
  const listeners = new Set<(command: MenuCommand) => void>()
  const desktop = {
    setProgress: vi.fn(answer),
    setBadge: vi.fn(answer),
    notify: vi.fn(answer),
    onCommand: (listener: (command: MenuCommand) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const heard: MenuCommand[] = []
  let tell!: ReturnType<typeof useDesktopSigns>['tell']
  const view = mount(defineComponent({ setup: () => {
    tell = useDesktopSigns({ runs: () => runs.value, unread: () => unread.value, onCommand: command => heard.push(command) }).tell
    return () => h('div')
  } }), { global: { provide: { [desktopKey as symbol]: desktop } } })
  return { runs, unread, desktop, listeners, heard, tell: (title: string, text: string) => tell({ id: 'x', title, text, tone: 'ok', atMs: 0, route: '/runs/a' }), view }
}

describe('progress in the task bar', () => {
  it('is the average of the runs at work, and none where nothing is known', () => {
    expect(overallFraction([])).toBeNull()
    expect(overallFraction([{ progress: null }, run(0, 0)])).toBeNull()
    // half of one, three quarters of the other; what overshoots is whole
    expect(overallFraction([run(1, 2), run(30, 40)])).toBe(0.625)
    expect(overallFraction([run(5, 4), { progress: null }])).toBe(1)
  })

  it('changes by whole per cents, and goes with the last run', async () => {
    const { runs, desktop } = show()
    expect(desktop.setProgress.mock.calls).toEqual([[{ fraction: null }]])
    runs.value = [run(100, 1000)]
    await flushPromises()
    runs.value = [run(104, 1000)]
    await flushPromises()
    runs.value = [run(106, 1000)]
    await flushPromises()
    runs.value = []
    await flushPromises()
    expect(desktop.setProgress.mock.calls).toEqual([[{ fraction: null }], [{ fraction: 0.1 }], [{ fraction: 0.11 }], [{ fraction: null }]])
  })
})

it('unread notices stand on the icon, no more than it can show', async () => {
  const { unread, desktop } = show()
  unread.value = 3
  await flushPromises()
  unread.value = 20_000
  await flushPromises()
  expect(desktop.setBadge.mock.calls).toEqual([[{ count: 0 }], [{ count: 3 }], [{ count: 9999 }]])
})

describe('a notification', () => {
  it('is shown when nobody looks, cut to what a desktop takes', () => {
    const { tell, desktop } = show({ hasFocus: false })
    tell('t'.repeat(300), 'b'.repeat(2000))
    expect(desktop.notify.mock.calls).toEqual([[{ title: 't'.repeat(200), body: 'b'.repeat(1000), route: '/runs/a' }]])
  })

  it('is not shown to somebody who looks at the window', () => {
    const { tell, desktop } = show({ hasFocus: true })
    tell('done', 'ae')
    expect(desktop.notify).not.toHaveBeenCalled()
  })

  it('is shown once the window loses the focus, or is hidden with it', async () => {
    const { tell, desktop } = show({ hasFocus: true })
    window.dispatchEvent(new Event('blur'))
    await flushPromises()
    tell('done', 'ae')
    expect(desktop.notify).toHaveBeenCalledTimes(1)
    window.dispatchEvent(new Event('focus'))
    vi.spyOn(document, 'visibilityState', 'get').mockReturnValue('hidden')
    document.dispatchEvent(new Event('visibilitychange'))
    tell('done', 'pca')
    expect(desktop.notify).toHaveBeenCalledTimes(2)
  })
})

it('wishes of the application menu are heard until the page goes', () => {
  const { listeners, heard, view } = show()
  listeners.forEach(listener => listener({ kind: 'palette' }))
  expect(heard).toEqual([{ kind: 'palette' }])
  view.unmount()
  expect(listeners.size).toBe(0)
})

it('a desktop without a task bar, icon or notifications is no failure', async () => {
  const { tell, unread, desktop } = show({ hasFocus: false, fails: true })
  unread.value = 1
  tell('done', 'ae')
  await flushPromises() // a rejection that nobody takes would fail the test
  expect(desktop.notify).toHaveBeenCalledTimes(1)
})
