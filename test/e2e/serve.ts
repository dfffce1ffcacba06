import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { root } from '../../scripts/app/build.mjs'

export interface ServerOptions {
  pageFolder: string
  workspace?: string
  /** Folder of settings; without it one of its own. */
  config?: string
  env?: NodeJS.ProcessEnv
}

export interface Server {
  /** With its token. */
  address: string
  process: ChildProcess
  close: () => Promise<void>
}

/** Starts `facet serve`, with settings of its own. */
export async function startServer({ pageFolder, workspace, config, env = {} }: ServerOptions): Promise<Server> {
  const ownConfig = config ?? mkdtempSync(join(tmpdir(), 'facet-config-'))
  const child = spawn(process.execPath, [
    join(root, 'src/main/cli.ts'),
    ...workspace ? ['--workspace', workspace] : [],
    'serve',
  ], {
    cwd: ownConfig,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, FACET_PAGE: pageFolder, FACET_CONFIG: ownConfig, FACET_HOST_LINGER_MS: '2000', FACET_WORKSPACE: undefined, ...env },
  })
  const exited = once(child, 'exit')
  const address = await Promise.race([
    once(createInterface({ input: child.stdout! }), 'line').then(([line]) => String(line)),
    exited.then(([code]) => { throw new Error(`facet serve ended with ${code}`) }),
  ])
  return {
    address,
    process: child,
    close: async () => {
      child.kill()
      await exited
      if (!config)
        rmSync(ownConfig, { recursive: true, force: true })
    },
  }
}
