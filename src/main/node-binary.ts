import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import process from 'node:process'
import { FacetError } from '#shared/errors.ts'

/** Where out/ lies: the checkout, or the archive of a packaged Facet. */
export const appRoot: string = join(import.meta.dirname, '../..')

/** Where src, resources and node_modules lie as files: the checkout itself, in a package the folder `program` beside its archive, as another program can run nothing out of an archive. */
export function programOf(app: string): string {
  return basename(app) === 'app.asar'
    ? join(dirname(app), 'program')
    : app
}

/** The root of the checkout or package: where package.json and node_modules lie. */
export const packageRoot: string = programOf(appRoot)

/**
 * The pinned Node that host and workers run on: the one npm brings, else the one that runs this.
 *
 * @throws FacetError where that would be Electron, which is no Node once its fuses are set
 */
export function nodeBinary(app: string = appRoot): string {
  const program = programOf(app)
  const pinned = join(program, 'node_modules', `node-${process.platform === 'win32'
    ? 'win'
    : process.platform}-${process.arch}`, 'bin', 'node')
  if (existsSync(pinned))
    return pinned
  if (program !== app || 'electron' in process.versions)
    throw new FacetError('not-found', 'The Node that Facet brings is missing.', { where: pinned, hint: program === app ? 'Get it again: npm run setup' : 'Unpack or package Facet again: a file of it was lost.' })
  return process.execPath
}

/** Where Node keeps compiled modules between workers: a run's start then takes a third less, which counts where a study has hundreds of short runs. */
export function compileCache(): string {
  return process.env.NODE_COMPILE_CACHE ?? join(process.env.FACET_CACHE ?? process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'facet', 'compiled')
}
