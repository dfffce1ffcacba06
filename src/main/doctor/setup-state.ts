import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { runTool } from './tool.ts'

/** The checkout. */
export const checkout: string = join(import.meta.dirname, '..', '..', '..')
const setupScript = join(checkout, 'scripts', 'setup.mjs')

/** What set-up says of itself: where things lie and what is in place. */
export const SetupState = z.object({
  cache: z.string(),
  flavour: z.enum(['cpu', 'gpu']),
  engine: z.string(),
  node: z.string(),
  arePackagesReady: z.boolean(),
  isEngineReady: z.boolean(),
})
export type SetupState = z.infer<typeof SetupState>

/** Asks set-up, in a process of its own. @throws FacetError 'engine' when the script does not answer */
export async function readSetupState(): Promise<SetupState> {
  const { code, stdout, stderr } = await runTool(process.execPath, [setupScript, '--status'])
  if (code !== 0)
    throw new FacetError('engine', `Set-up does not answer: ${stderr.trim()}`, { where: setupScript, hint: 'Get the file again: git checkout scripts' })
  return SetupState.parse(JSON.parse(stdout))
}

/** Runs set-up with its progress on stderr; true when it ended well. `force` installs anew an engine that looks whole, `engineFrom` takes its wheel from disk. */
export async function repairSetup({ force, engineFrom }: { force: boolean, engineFrom?: string }): Promise<boolean> {
  const args = [
    setupScript,
    ...force
      ? ['--force']
      : [],
    ...engineFrom
      ? ['--engine-from', engineFrom]
      : [],
  ]
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    child.on('error', () => resolve(false))
    child.on('close', code => resolve(code === 0))
  })
}
