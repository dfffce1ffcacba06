import type { RunView } from '#shared/views.ts'
import type { Action } from './useAction.ts'
import { useDialog, useMessage } from 'naive-ui'
import { useClient } from '#renderer/client/client.ts'
import { wordMany } from '#renderer/format.ts'
import { useAction } from './useAction.ts'

type OpenState = 'failed' | 'interrupted' | 'paused' | 'cancelled' | 'queued'

export interface RunActions {
  pause: Action<[key: string], RunView>
  resume: Action<[key: string], RunView | undefined>
  retry: Action<[key: string, fromStart: boolean], RunView>
  stop: Action<[run: Pick<RunView, 'key' | 'label' | 'state'>], RunView | undefined>
  pauseAll: Action<[], void>
  /** Takes up the runs of a study that are in one of these states; one that refuses does not keep the others. */
  goOn: Action<[study: string, states: OpenState[]], void>
  resumeAll: Action<[], void>
}

/** What can be done to runs. Stopping asks first: what a run did since its last checkpoint is lost, unless it is left in time. */
export function useRunActions(): RunActions {
  const client = useClient()
  const dialog = useDialog()
  const message = useMessage()

  function sure(title: string, content: string, yes: string): Promise<boolean> {
    return new Promise((resolve) => {
      dialog.warning({
        title,
        content,
        positiveText: yes,
        negativeText: 'Keep it',
        autoFocus: false,
        onPositiveClick: () => resolve(true),
        onNegativeClick: () => resolve(false),
        onClose: () => resolve(false),
        onMaskClick: () => resolve(false),
        onEsc: () => resolve(false),
      })
    })
  }
  return {
    pause: useAction(key => client.call('runs.pause', { key })),
    resume: useAction(async key => (await client.call('runs.resume', { key })).resumed[0]),
    retry: useAction((key, fromStart) => client.call('runs.retry', { key, fromStart })),
    stop: useAction(async ({ key, label, state }) => {
      const isAtWork = state === 'running' || state === 'pausing'
      const question = isAtWork
        ? 'It writes a checkpoint and leaves, so that it can be taken up later. What builds on it waits until then.'
        : 'It leaves the queue. It can be taken up later; what builds on it waits until then.'
      return await sure(`Stop ${label}?`, question, 'Stop it') ? client.call('runs.stop', { key }) : undefined
    }),
    pauseAll: useAction(async () => {
      const paused = await client.call('runs.pauseAll')
      message.info(`${wordMany(paused.length, 'run')} asked to pause after a checkpoint; nothing more starts.`)
    }),
    goOn: useAction(async (study, states) => {
      const runs = await client.call('runs.list', { study, states })
      const refusals: unknown[] = []
      for (const { key, state } of runs)
        await client.call(state === 'failed' || state === 'cancelled' ? 'runs.retry' : 'runs.resume', { key }).catch((error: unknown) => { refusals.push(error) })
      if (refusals.length > 0)
        throw refusals[0]
    }),
    resumeAll: useAction(async () => {
      const { resumed, leftOut } = await client.call('runs.resume', { all: true })
      message.info(leftOut.length === 0
        ? `${wordMany(resumed.length, 'run')} taken up again.`
        : `${wordMany(resumed.length, 'run')} taken up again; ${leftOut.length} left out: ${leftOut[0]!.why}.`)
    }),
  }
}
