import type { RunState } from '#shared/order.ts'
import type { IconName } from './icons.ts'

/** States that are shown by one component: those of runs and those of a plan's steps. */
export type ShownState = RunState | 'cached' | 'to do' | 'blocked' | 'waiting'

export type Tone = 'ok' | 'info' | 'warn' | 'err' | 'quiet'

/** A state is an icon, a word and a colour, never the colour alone. */
export const stateLooks: Record<ShownState, { icon: IconName, tone: Tone, turns?: boolean }> = {
  'cached': { icon: 'circle-check', tone: 'ok' },
  'done': { icon: 'circle-check', tone: 'ok' },
  'running': { icon: 'loader-2', tone: 'info', turns: true },
  'pausing': { icon: 'loader-2', tone: 'info', turns: true },
  'paused': { icon: 'player-pause', tone: 'warn' },
  'failed': { icon: 'circle-x', tone: 'err' },
  'interrupted': { icon: 'alert-triangle', tone: 'warn' },
  'blocked': { icon: 'clock', tone: 'warn' },
  'waiting': { icon: 'clock', tone: 'warn' },
  'queued': { icon: 'clock', tone: 'quiet' },
  'to do': { icon: 'circle-dashed', tone: 'quiet' },
  'cancelled': { icon: 'ban', tone: 'quiet' },
}
