import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { runNode } from '../setup/child.mjs'
import { SetupProblem } from '../setup/problem.mjs'

export const root = join(import.meta.dirname, '../..')

/** What the bundles are made of; of src/main whole, as what its entry imports changes with each import. */
const sources = [
  'src/main',
  'src/preload',
  'src/renderer',
  'src/shared',
  'scripts/app/page-config.ts',
  'electron.vite.config.ts',
  'package-lock.json',
]

/**
 * Builds the page, the preload script and Electron's main process where they are missing or older than their sources.
 * @param {{ node: string, say?: (text: string) => void }} where
 * @returns {Promise<boolean>} whether anything was built
 * @throws {SetupProblem} when the bundler fails
 */
export async function ensureBuilt({ node, say = () => {} }) {
  const stamp = join(root, 'out', 'sources.sha256')
  const wanted = fingerprint(root)
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted)
    return false
  say('building the app')
  const { code } = await runNode(node, [
    join(root, 'node_modules/electron-vite/bin/electron-vite.js'),
    'build',
    '--logLevel',
    'warn',
  ], { cwd: root, env: { ...process.env, NODE_ENV: 'production' } })
  if (code !== 0)
    throw new SetupProblem('The app could not be built.', { hint: 'The bundler\'s message is above; mend the file it names, or: git status' })
  mkdirSync(join(root, 'out'), { recursive: true })
  writeFileSync(stamp, wanted)
  return true
}

/** Paths, sizes and times of all sources: cheap enough for every start. */
export function fingerprint(root) {
  const hash = createHash('sha256')
  for (const source of sources) {
    for (const file of filesUnder(join(root, source)).sort()) {
      const { size, mtimeMs } = statSync(file)
      hash.update(`${relative(root, file)} ${size} ${mtimeMs}\n`)
    }
  }
  return hash.digest('hex')
}

function filesUnder(path) {
  if (!existsSync(path))
    return []
  if (statSync(path).isFile())
    return [path]
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name))
}
