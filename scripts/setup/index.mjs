import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { ensureEngine, isEngineReady } from './engine.mjs'
import { arePackagesReady, ensurePackages } from './packages.mjs'
import { root, setupPaths } from './paths.mjs'
import { SetupProblem, wordSetupProblem } from './problem.mjs'
import { createProgress } from './progress.mjs'
import { endTools, ensureWritable, removeLogs } from './tools.mjs'

export { root }

/**
 * Ensures packages, the pinned Node and the native engine. Costs a few file reads when all is in place; else says each
 * step on stderr. Can be broken off and run again at any point.
 * @param {{ env?: NodeJS.ProcessEnv, engineFrom?: string, force?: boolean, withEngine?: boolean }} [options] see
 * ensureEngine; `withEngine: false` leaves the engine as it is
 * @returns {Promise<{ paths: object, changed: boolean, seconds: number }>} where everything lies, and what it cost
 * @throws {SetupProblem} with the command that mends it
 */
export async function ensureSetUp({ env = process.env, engineFrom, force = false, withEngine = true } = {}) {
  const paths = setupPaths(root, env)
  const progress = createProgress()
  if (!force && !engineFrom && arePackagesReady(paths) && isEngineReady(paths)) {
    return {
      paths,
      changed: false,
      seconds: progress.seconds(),
    }
  }
  checkPlatform()
  return endingWith(async () => {
    if (!arePackagesReady(paths)) {
      ensureWritable(paths.logs, paths)
      await ensurePackages(paths, { env, progress })
    }
    if (withEngine)
      await ensureEngine(paths, { env, progress, engineFrom, force })
    removeLogs(paths)
    if (progress.stepCount() > 0)
      progress.say('ready')
    return {
      paths,
      changed: progress.stepCount() > 0,
      seconds: progress.seconds(),
    }
  })
}

/** What is in place, without changing anything. */
export function setupStatus(env = process.env) {
  const paths = setupPaths(root, env)
  return {
    ...paths,
    arePackagesReady: arePackagesReady(paths),
    isEngineReady: isEngineReady(paths),
  }
}

/** Runs a script's main function; failures become one message and exit code 1. */
export async function runScript(main) {
  try {
    await main()
  }
  catch (error) {
    console.error(wordSetupProblem(error))
    process.exitCode = 1
  }
}

/**
 * @throws {SetupProblem} on anything but Linux x64 with glibc 2.28 or newer and Node 20 or newer
 */
function checkPlatform() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new SetupProblem(`Facet's engine runs on Linux x64; this is ${process.platform} ${process.arch}.`, {
      kind: 'platform',
      hint: 'Run it on a Linux x64 machine, in a container or virtual machine (docker run -it --platform linux/amd64 node:24), or over SSH.',
    })
  }
  if (Number.parseInt(process.versions.node) < 20)
    throw new SetupProblem(`Facet starts under Node 20 or newer; this is Node ${process.versions.node}.`, { kind: 'platform', hint: 'Install a newer one: https://nodejs.org, or: npx -y node@24 scripts/setup.mjs' })
  process.report.excludeNetwork = true // else it asks the name server for every open socket
  const glibc = process.report.getReport().header.glibcVersionRuntime
  const [major = 0, minor = 0] = (glibc ?? '').split('.').map(Number)
  if (major < 2 || (major === 2 && minor < 28)) {
    throw new SetupProblem(`Facet's engine needs glibc 2.28 or newer; this system has ${glibc
      ? `glibc ${glibc}`
      : 'another C library (musl)'}.`, { kind: 'platform', hint: 'Use Debian 10, Ubuntu 20.04, RHEL 8 or newer, or a container of one: docker run -it node:24' })
  }
}

/** Ends tools and releases locks when set-up is asked to end half-way. */
async function endingWith(work) {
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }
  const end = (signal) => {
    endTools()
    console.error('\nfacet set-up: broken off; run it again and it goes on where it was.')
    process.exit(signals[signal])
  }
  for (const signal of Object.keys(signals))
    process.once(signal, end)
  try {
    return await work()
  }
  finally {
    for (const signal of Object.keys(signals))
      process.off(signal, end)
  }
}

/** Facet's own version. */
export function facetVersion() {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
}
