import { spawn, spawnSync } from 'node:child_process'
import { accessSync, appendFileSync, constants, existsSync, mkdirSync, readdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import process from 'node:process'
import { SetupProblem } from './problem.mjs'

/** Children under way: whoever ends set-up ends them. */
const running = new Set()

/**
 * Where a command lies, or null. The checkout's own `node_modules/.bin` is passed over: what is there may vanish
 * while packages are installed.
 */
export function findCommand(name, env = process.env) {
  for (const folder of (env.PATH ?? '').split(delimiter)) {
    if (!folder || folder.endsWith('node_modules/.bin'))
      continue
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      if (statSync(path).isFile())
        return path
    }
    catch {}
  }
  return null
}

/** The environment for npm, pip and compilers: PATH without any `node_modules/.bin`. */
export function toolEnvironment(env, extra = {}) {
  const PATH = (env.PATH ?? '').split(delimiter).filter(folder => !folder.endsWith('node_modules/.bin')).join(delimiter)
  return {
    ...env,
    PATH,
    ...extra,
  }
}

/**
 * Runs a tool with both outputs in a log.
 * @param {string[]} command program and arguments
 * @param {{ log: string, cwd?: string, env: NodeJS.ProcessEnv }} options `log` is appended to
 * @returns {Promise<{ code: number, output: string }>} exit code (127 if it does not start) and the last 200 kB it printed
 */
export async function runTool(command, { log, cwd, env }) {
  let output = ''
  const keep = (chunk) => { output = (output + chunk).slice(-200_000) }
  const code = await new Promise((resolve) => {
    const child = spawn(command[0], command.slice(1), {
      cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => {
      keep(error.message)
      resolve(127)
    })
    child.on('close', exitCode => resolve(exitCode ?? 1))
    child.on('exit', () => running.delete(child))
  })
  // Written at the end and from memory: on a full disk the message still knows what the tool said.
  try {
    makeFolder(dirname(log))
    appendFileSync(log, `$ ${command.join(' ')}\n${output}\n`)
  }
  catch {}
  return { code, output }
}

/** Ends the tools under way; called when set-up itself is asked to end. */
export function endTools() {
  for (const child of running)
    child.kill('SIGTERM')
}

/**
 * A log's path; one per tool and process, so that two set-ups never share one. In the cache, or where that cannot be
 * written (an engine that others installed for all) in the folder for temporary files.
 */
export function logPath(paths, tool) {
  const name = `${new Date().toISOString().slice(0, 19).replaceAll(':', '-')}-${tool}-${process.pid}.log`
  try {
    makeFolder(paths.logs)
    accessSync(paths.logs, constants.W_OK)
    return join(paths.logs, name)
  }
  catch {
    return join(tmpdir(), `facet-${name}`)
  }
}

/** Removes the logs of this process: kept only while something failed. */
export function removeLogs(paths) {
  if (!existsSync(paths.logs))
    return
  for (const name of readdirSync(paths.logs)) {
    if (name.endsWith(`-${process.pid}.log`))
      rmSync(join(paths.logs, name), { force: true })
  }
}

/**
 * Makes a folder and proves that it can be written.
 * @throws {SetupProblem} naming the folder and the variable that moves it
 */
export function ensureWritable(folder, paths) {
  const probe = join(folder, `.write-${process.pid}`)
  try {
    makeFolder(folder)
    writeFileSync(probe, '')
    rmSync(probe)
  }
  catch (error) {
    if (error.code === 'ENOSPC')
      throw new SetupProblem(`The disk of ${folder} is full.`, { kind: 'disk', hint: 'Free some space there, then: npm run setup' })
    throw new SetupProblem(`The cache folder ${paths.cache} cannot be written (${error.code}).`, {
      kind: 'read-only',
      hint: 'Choose a folder that can be: FACET_CACHE=/path/to/folder npm run setup (and set FACET_CACHE from then on).',
    })
  }
}

/** Not mkdir's `recursive`: that never returns where a parent refuses with ENOENT, as under /proc. */
function makeFolder(folder) {
  if (existsSync(folder))
    return
  makeFolder(dirname(folder))
  try {
    mkdirSync(folder)
  }
  catch (error) {
    if (error.code !== 'EEXIST')
      throw error
  }
}

/** Free bytes of the disk that holds a folder, by `df`, else by the system call. */
export function freeBytes(folder, env = process.env) {
  const { status, stdout } = spawnSync('df', ['-Pk', '--', folder], { env, encoding: 'utf8' })
  const kilobytes = Number(stdout?.trim().split('\n').at(-1)?.split(/\s+/)[3])
  if (status === 0 && Number.isFinite(kilobytes))
    return kilobytes * 1024
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}

/**
 * @throws {SetupProblem} when the disk of `folder` has less than `bytes` free
 */
export function checkFreeSpace(folder, bytes, purpose, env, remedy = '') {
  const free = freeBytes(folder, env)
  if (free >= bytes)
    return
  throw new SetupProblem(`${purpose} needs ${gigabytes(bytes)} of disk, ${folder} has ${gigabytes(free)} left.`, {
    kind: 'disk',
    hint: `Free some space there, then: npm run setup${remedy}`,
  })
}

function gigabytes(bytes) {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
