import type { InjectionKey, ShallowRef } from 'vue'
import type { FrontResult } from '#shared/desktop.ts'
import type { Problem } from '#shared/errors.ts'
import type { Action } from './useAction.ts'
import { inject, onScopeDispose, provide, shallowRef } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { useDesktop } from '#renderer/client/desktop.ts'
import { toProblem } from '#shared/errors.ts'
import { useAction } from './useAction.ts'

export interface Workspaces {
  /** The open one and those of before; undefined until they are known. */
  list: Readonly<ShallowRef<FrontResult<'workspaces'> | undefined>>
  problem: Readonly<ShallowRef<Problem | null>>
  open: Action<[path: string, create: boolean], unknown>
  forget: Action<[path: string], void>
  reload: () => Promise<void>
  /** Whether the chooser is asked for although one is open. */
  isChoosing: ShallowRef<boolean>
}

const workspacesKey: InjectionKey<Workspaces> = Symbol('workspaces')

/** Which workspace is open and which were; for the frame, which provides it to all below. */
export function provideWorkspaces(): Workspaces {
  const desktop = useDesktop()
  const client = useClient()
  const list = shallowRef<FrontResult<'workspaces'>>()
  const problem = shallowRef<Problem | null>(null)
  const isChoosing = shallowRef(false)
  async function reload(): Promise<void> {
    try {
      list.value = await desktop.workspaces({})
      problem.value = null
    }
    catch (error) {
      problem.value = toProblem(error)
    }
  }
  onScopeDispose(client.onReconnect(() => void reload()))
  void reload()
  const made: Workspaces = {
    list,
    problem,
    open: useAction(async (path, create) => {
      await desktop.openWorkspace({ path, create })
      isChoosing.value = false
      location.hash = '#/'
      await reload()
    }),
    forget: useAction(async (path) => {
      await desktop.forgetWorkspace({ path })
      await reload()
    }),
    reload,
    isChoosing,
  }
  provide(workspacesKey, made)
  return made
}

/** Which workspace is open and which were. */
export function useWorkspaces(): Workspaces {
  const workspaces = inject(workspacesKey)
  if (!workspaces)
    throw new Error('internal: no workspaces were provided.')
  return workspaces
}
