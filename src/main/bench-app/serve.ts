import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { nodeBinary, packageRoot } from '#main/node-binary.ts'

/** Where a host that nobody uses ends, so that the next step starts one of its own. */
export const lingerMs = 300

export interface Served { address: string, close: () => Promise<void> }

/** `facet serve` on a workspace, in a process of its own. */
export async function serve(folder: string): Promise<Served> {
  const child = spawn(nodeBinary(), [join(packageRoot, 'src/main/cli.ts'), '--workspace', folder, 'serve'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, FACET_CONFIG: join(folder, 'settings'), FACET_HOST_LINGER_MS: String(lingerMs) },
  })
  const exited = once(child, 'exit')
  const [address] = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line') as Promise<[string]>,
    exited.then(([code]) => { throw new Error(`internal: facet serve ended with ${code}.`) }),
  ])
  return {
    address,
    close: async () => {
      child.kill()
      await exited
    },
  }
}
