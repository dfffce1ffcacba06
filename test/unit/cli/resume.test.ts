import type { RunState } from '#shared/order.ts'
import type { IdleView, RunView } from '#shared/views.ts'
import { expect, it } from 'vitest'
import { isLeftOnPurpose } from '#main/cli/commands/control.ts'

const idle = (...states: RunState[]): IdleView => ({ counts: {}, open: states.map(state => ({ state }) as RunView) })

it.each([
  ['nothing is left', idle(), true],
  ['a run was stopped', idle('cancelled'), true],
  ['a run was stopped and others wait for it', idle('cancelled', 'queued', 'queued'), true],
  ['a run failed', idle('failed'), false],
  ['one was stopped and another failed', idle('cancelled', 'failed', 'queued'), false],
  ['one was stopped and another is gone', idle('cancelled', 'interrupted'), false],
  ['one was paused meanwhile', idle('paused', 'cancelled'), false],
] as const)('resume --all ends well unless something is undone that was to be done: %s', (_, view, expected) => {
  expect(isLeftOnPurpose(view)).toBe(expected)
})
