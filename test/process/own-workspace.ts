import type { RunnerOptions } from '#main/runner/runner.ts'
import { afterEach, beforeEach } from 'vitest'
import { openHost, temporaryFolder } from './workspace-fixture.ts'

/** A folder of each test's own, and hosts of a workspace in it that end with the test. */
export function ownWorkspace(defaults: Partial<RunnerOptions> = {}) {
  const open: { close: () => Promise<void> }[] = []
  let remove = (): void => {}
  const own = {
    root: '',
    host: async (options: Partial<RunnerOptions> = {}) => {
      const opened = await openHost(own.root, { ...defaults, ...options })
      open.push(opened)
      return opened
    },
  }
  beforeEach(() => {
    ({ folder: own.root, remove } = temporaryFolder())
  })
  afterEach(async () => {
    for (const host of open.splice(0))
      await host.close()
    remove()
  })
  return own
}
