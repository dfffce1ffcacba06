import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { vi } from 'vitest'
import { connectSocket } from '#main/socket.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { root } from '../../scripts/app/build.mjs'

/** A folder for the workspaces of one test; `remove` waits for the hosts in it. */
export function temporaryWorkspace(): { folder: string, base: string, remove: () => Promise<void> } {
  const base = mkdtempSync(join(tmpdir(), 'facet-e2e-'))
  const folder = join(base, 'workspace')
  return {
    base,
    folder,
    remove: async () => {
      await vi.waitFor(() => {
        if (holderOf(folder) !== null)
          throw new Error('The workspace is still held.')
      }, { timeout: 60_000, interval: 200 })
      rmSync(base, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
    },
  }
}

/** The process that holds a workspace, or null. */
export function holderOf(folder: string): number | null {
  return readHolder(workspacePaths(folder).lock)?.pid ?? null
}

/** Runs one command of the terminal program on a workspace. */
export async function terminal(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'src/main/cli.ts'), '--workspace', folder, ...args], { env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' } })
  return stdout
}

/**
 * A workspace with one run at work that counts instead of learning. Its host is gone already, as after a crash: whoever opens
 * the workspace next follows the run on.
 */
export async function startCountingRun(folder: string, { name, steps, stepMs }: { name: string, steps: number, stepMs: number }): Promise<void> {
  const host = spawn(process.execPath, [join(root, 'test/process/host-with-run.ts'), folder, name, String(steps), String(stepMs)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await once(host, 'message')
  const { lock } = workspacePaths(folder)
  await vi.waitFor(async () => {
    if (!readHolder(lock))
      throw new Error('no holder yet')
  }, { timeout: 10_000 })
  await new Promise(resolve => setTimeout(resolve, 1_500)) // the worker is a process of its own by now
  host.kill('SIGKILL')
  await once(host, 'exit')
}

/** Stops the only run there is from a process beside the page; when its call was answered, in milliseconds since 1970. */
export async function stopRun(folder: string): Promise<number> {
  const script = `
    const { connect } = await import('#main/core.ts')
    const { client, close } = await connect(process.argv[1], { title: 'test' })
    const [{ key }] = await client.call('runs.list', {})
    await client.call('runs.stop', { key })
    console.log(Date.now())
    await close()`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, folder], { cwd: root })
  return Number(stdout)
}

/** What the holder says of the only run there is. */
export async function stateOfRun(folder: string): Promise<string | undefined> {
  const client = await connectSocket(readHolder(workspacePaths(folder).lock)!.socket)
  try {
    return (await client.call('runs.list', {}))[0]?.state
  }
  finally {
    await client.close()
  }
}
