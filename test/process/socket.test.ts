import type { Handlers } from '#shared/contract.ts'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createListeners } from '#main/dispatch.ts'
import { connectRaw, listen } from '#main/socket.ts'
import { temporaryFolder } from './workspace-fixture.ts'

let folder: string
let remove: () => void
beforeEach(() => {
  ({ folder, remove } = temporaryFolder())
})
afterEach(() => remove())

it('counts a call under way whose asker has gone: what was asked for is still made', async () => {
  const { promise, resolve } = Promise.withResolvers<never>()
  const handlers: Partial<Handlers> = { 'app.info': () => ({}) as never, 'workspace.info': () => promise }
  const server = await listen(join(folder, 'socket'), { handlers, refuseWrites: null }, createListeners())
  try {
    const raw = await connectRaw(join(folder, 'socket'))
    const gone = raw.ask('workspace.info', undefined).catch(() => {})
    await vi.waitFor(() => expect(server.clients()).toBe(2))
    raw.close()
    await gone
    await vi.waitFor(() => expect(server.clients()).toBe(1))
    resolve({} as never)
    await vi.waitFor(() => expect(server.clients()).toBe(0))
  }
  finally {
    await server.close()
  }
})
