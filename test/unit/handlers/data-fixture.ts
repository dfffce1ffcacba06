import type { Core } from '#main/core.ts'
import type { EventName, Handlers, Input, Method, Result } from '#shared/contract.ts'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createListeners, directClient } from '#main/dispatch.ts'
import { parts } from '#main/handlers/index.ts'
import { packageRoot } from '#main/node-binary.ts'
import { createInspector } from '#main/runner/inspector.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'
import { renderSyntheticFace } from '#worker/faces/synthetic/index.ts'

/** A workspace in a temporary folder with a real inspect worker and no runner: for everything that starts no run. */
export function openData() {
  const folder = mkdtempSync(join(tmpdir(), 'facet-data-'))
  const workspace = createWorkspace(join(folder, 'workspace'), 'test')
  const inspector = createInspector({ node: process.execPath, entry: join(packageRoot, 'src/worker/inspect.ts') })
  const listeners = createListeners()
  const core = { workspace, inspector, emit: listeners.emit, cores: 1, reading: new Set() } as unknown as Core
  const heard: [EventName, unknown][] = []
  listeners.onAny((event, payload) => heard.push([event, payload]))
  const handlers = Object.assign({}, ...parts.map(part => part(core))) as Partial<Handlers>
  const client = directClient({ handlers, refuseWrites: null }, listeners.on, async () => {})
  return {
    folder,
    workspace,
    core,
    heard,
    on: listeners.on,
    call: <M extends Method>(method: M, input?: Input<M>): Promise<Result<M>> => (client.call as (method: M, input?: Input<M>) => Promise<Result<M>>)(method, input),
    close: async () => {
      inspector.close()
      await workspace.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Drawn faces named as UTKFace names them, and files that are not what they say. */
export async function drawUtk(folder: string, count: number, broken: Record<string, string> = {}): Promise<string> {
  mkdirSync(folder, { recursive: true })
  for (let i = 0; i < count; i++) {
    const { jpeg } = await renderSyntheticFace({ seed: 5, size: 200, identities: 100 }, i)
    writeFileSync(join(folder, `${20 + i}_${i % 2}_${i % 5}_201701091505575${String(i).padStart(2, '0')}.jpg`), jpeg)
  }
  for (const [name, content] of Object.entries(broken))
    writeFileSync(join(folder, name), content)
  return folder
}
