import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

/** The root of the checkout or package: where package.json and node_modules lie. */
export const packageRoot: string = join(import.meta.dirname, '../..')

/** The pinned Node that workers run on: the one npm brings, else the one that runs the host. */
export function nodeBinary(): string {
  const pinned = join(packageRoot, 'node_modules', `node-${process.platform === 'win32'
    ? 'win'
    : process.platform}-${process.arch}`, 'bin', 'node')
  return existsSync(pinned)
    ? pinned
    : process.execPath
}

/** Where Node keeps compiled modules between workers: a run's start then takes a third less, which counts where a study has hundreds of short runs. */
export function compileCache(): string {
  return process.env.NODE_COMPILE_CACHE ?? join(process.env.FACET_CACHE ?? process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'facet', 'compiled')
}
