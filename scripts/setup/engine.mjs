import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { ensureAddon, isAddonReady } from './addon.mjs'
import { withLock } from './lock.mjs'
import { setupFolder, tensorflowVersion } from './paths.mjs'
import { downloadWheels, findPython } from './pip.mjs'
import { SetupProblem } from './problem.mjs'
import { checkFreeSpace, ensureWritable, logPath, runTool, toolEnvironment } from './tools.mjs'

/** What download (0.3 GB), unpacked files (0.8 GB) and pip's own cache take, with some room to work. */
const engineBytes = { cpu: 2e9, gpu: 14e9 }
const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']
const distribution = { cpu: 'tensorflow_cpu', gpu: 'tensorflow' }

/** Whether the engine is in place and the checkout is linked to it. Reads two small files and asks for four sizes. */
export function isEngineReady(paths) {
  return isUnpacked(paths) && isAddonReady(paths)
}

/**
 * Ensures the native engine: TensorFlow's library in the user's cache, the binding compiled against it, linked into
 * node_modules and proven by one op. Safe with several set-ups at once; what a broken-off one left is used again.
 * @param {object} paths from setupPaths
 * @param {{ env: NodeJS.ProcessEnv, progress: object, engineFrom?: string, force?: boolean }} options `engineFrom`
 * takes a wheel, or a folder of wheels, from disk; `force` installs anew what looks ready
 * @throws {SetupProblem} naming the failure and the command that mends it
 */
export async function ensureEngine(paths, { env, progress, engineFrom, force = false }) {
  if (!force && !engineFrom && isEngineReady(paths))
    return
  if (!force && !engineFrom && isUnpacked(paths)) {
    await ensureAddon(paths, { env, progress })
    return
  }
  ensureWritable(join(paths.cache, 'engine'), paths)
  const onWait = ({ pid }) => progress.say(`waiting for the set-up of the engine by process ${pid}`)
  await withLock(`${paths.engine}.lock`, onWait, async () => {
    if (force || engineFrom || !isUnpacked(paths))
      await installEngine(paths, { env, progress, engineFrom })
  })
  await ensureAddon(paths, { env, progress, force })
}

/** The folder is sealed by rename, so that libraries of the recorded size mean a whole engine. */
function isUnpacked(paths) {
  try {
    const sizes = libraries.map(name => statSync(join(paths.tensorflow, name)).size)
    const seal = readSeal(paths)
    return seal === null || libraries.every((name, i) => seal.sizes[name] === sizes[i])
  }
  catch {
    return false
  }
}

/** An engine unpacked by pip alone has no seal; its libraries being there is what can be known. */
function readSeal(paths) {
  try {
    return JSON.parse(readFileSync(join(paths.engine, 'facet-engine.json'), 'utf8'))
  }
  catch {
    return null
  }
}

async function installEngine(paths, { env, progress, engineFrom }) {
  removeLeftovers(paths)
  checkFreeSpace(paths.cache, engineBytes[paths.flavour], `The native engine (TensorFlow ${tensorflowVersion}, ${paths.flavour})`, env, paths.flavour === 'gpu'
    ? ' (FACET_ENGINE=cpu npm run setup takes the smaller build without GPU)'
    : '; or choose another disk: FACET_CACHE=/path/to/folder npm run setup')
  if (engineFrom) {
    const wheels = wheelsAt(fromCaller(engineFrom, env))
    await checkWheels(wheels, paths, env)
    await unpackWheels(wheels, paths, { env, progress })
    return
  }
  try {
    await unpackWheels(await fetchWheels(paths, { env, progress }), paths, { env, progress })
  }
  catch (error) {
    if (error.kind !== 'broken-wheel')
      throw error
    // A wheel that was damaged on disk is fetched once more before anybody is bothered with it.
    progress.say('the downloaded wheel is damaged, fetching it again')
    rmSync(paths.downloads, { recursive: true, force: true })
    await unpackWheels(await fetchWheels(paths, { env, progress }), paths, { env, progress })
  }
  rmSync(paths.downloads, { recursive: true, force: true })
}

/** Temporary folders of set-ups that were killed; the lock says that nobody is using them. */
function removeLeftovers(paths) {
  for (const parent of ['engine', 'downloads'].map(name => join(paths.cache, name)).filter(existsSync)) {
    for (const name of readdirSync(parent)) {
      if (name.startsWith(`${basename(paths.engine)}.tmp-`))
        rmSync(join(parent, name), { recursive: true, force: true })
    }
  }
}

/** Downloads what is not in the download folder yet; returns the paths of all wheels. */
async function fetchWheels(paths, { env, progress }) {
  const folder = paths.downloads
  mkdirSync(folder, { recursive: true })
  const isMain = name => name.startsWith(`${distribution[paths.flavour]}-${tensorflowVersion}-`)
  if (!listWheels(folder).some(isMain)) {
    const requirement = `${distribution[paths.flavour].replace('_', '-')}==${tensorflowVersion}`
    await progress.step(`downloading TensorFlow ${tensorflowVersion} (${paths.flavour}) with pip`, note =>
      downloadWheels([requirement], { folder, paths, env, note }))
  }
  if (paths.flavour === 'gpu') {
    const main = join(folder, listWheels(folder).find(isMain))
    const [{ requires }] = await describeWheels([main], paths, env)
    const cuda = requires.filter(text => text.startsWith('nvidia-') && text.includes('and-cuda')).map(text => text.split(';')[0].trim())
    await progress.step(`downloading ${cuda.length} CUDA libraries with pip`, note => downloadWheels(cuda, { folder, paths, env, note }))
  }
  return wheelsAt(folder)
}

function listWheels(folder) {
  return readdirSync(folder).filter(name => name.endsWith('.whl'))
}

/** npm starts scripts in the checkout's root and says in INIT_CWD where the person stood. */
function fromCaller(path, { INIT_CWD }) {
  return existsSync(resolve(path)) || !INIT_CWD
    ? resolve(path)
    : resolve(INIT_CWD, path)
}

/** A wheel, or all wheels of a folder. */
function wheelsAt(path) {
  if (!existsSync(path))
    throw new SetupProblem(`--engine-from ${path}: there is no such file.`, { kind: 'not-found', hint: 'Name the wheel: npm run setup -- --engine-from FILE.whl' })
  if (!statSync(path).isDirectory())
    return [path]
  return listWheels(path).map(name => join(path, name))
}

async function checkWheels(wheels, paths, env) {
  const described = await describeWheels(wheels, paths, env)
  const wanted = distribution[paths.flavour]
  const fits = described.some(({ name, version }) => name.replaceAll('-', '_') === wanted && version === tensorflowVersion)
  if (fits)
    return
  const found = described.map(({ name, version }) => `${name} ${version}`).join(', ') || 'no wheel'
  throw new SetupProblem(`--engine-from ${wheels.length === 1
    ? wheels[0]
    : 'folder'} holds ${found}; this machine needs ${wanted} ${tensorflowVersion}.`, {
    kind: 'wrong-wheel',
    hint: paths.flavour === 'gpu'
      ? 'Give a folder with tensorflow and its nvidia wheels, or take the build without GPU: FACET_ENGINE=cpu npm run setup -- --engine-from FILE'
      : `Fetch it: pip download --no-deps --only-binary=:all: --python-version 3.12 --platform manylinux_2_27_x86_64 tensorflow-cpu==${tensorflowVersion}`,
  })
}

async function describeWheels(wheels, paths, env) {
  return (await runUnpack(['-', ...wheels], paths, env)).wheels
}

async function unpackWheels(wheels, paths, { env, progress }) {
  const temporary = `${paths.engine}.tmp-${process.pid}`
  await progress.step('unpacking the engine', async () => {
    try {
      const { wheels: described } = await runUnpack([temporary, ...wheels], paths, env)
      const missing = libraries.find(name => !existsSync(join(temporary, 'tensorflow', name)))
      if (missing)
        throw new SetupProblem(`The wheel holds no tensorflow/${missing}: it is not built for Linux x64.`, { kind: 'wrong-wheel', hint: `Give tensorflow_cpu-${tensorflowVersion}-cp312-cp312-manylinux_2_27_x86_64.whl: npm run setup -- --engine-from FILE` })
      const sizes = Object.fromEntries(libraries.map(name => [name, statSync(join(temporary, 'tensorflow', name)).size]))
      const seal = {
        version: tensorflowVersion,
        flavour: paths.flavour,
        sizes,
        wheels: described.map(({ name, version }) => `${name} ${version}`),
      }
      writeFileSync(join(temporary, 'facet-engine.json'), `${JSON.stringify(seal, null, 2)}\n`)
      replaceFolder(temporary, paths.engine)
    }
    finally {
      rmSync(temporary, { recursive: true, force: true })
    }
  })
}

/** Running processes keep the old files open until they end. */
function replaceFolder(from, to) {
  const old = `${to}.tmp-old-${process.pid}`
  if (existsSync(to))
    renameSync(to, old)
  renameSync(from, to)
  rmSync(old, { recursive: true, force: true })
}

async function runUnpack(args, paths, env) {
  const log = logPath(paths, 'unpack')
  const script = join(setupFolder, 'unpack.py')
  const { code, output } = await runTool([
    findPython(env),
    script,
    ...args,
  ], {
    log,
    env: toolEnvironment(env),
  })
  if (code === 0)
    return JSON.parse(output.trim().split('\n').at(-1))
  if (/Errno 28|No space left/.test(output))
    throw new SetupProblem('The disk became full while the engine was unpacked.', { kind: 'disk', log, hint: 'Free some space, or choose another disk: FACET_CACHE=/path/to/folder npm run setup' })
  if (/BROKEN WHEEL|zlib.error|CRC/.test(output))
    throw new SetupProblem(`The wheel ${args.slice(1).map(path => basename(path)).join(', ')} is damaged.`, { kind: 'broken-wheel', log, hint: 'Fetch it again, then: npm run setup' })
  throw new SetupProblem('The engine could not be unpacked.', { log, hint: 'Read the log, then: npm run setup' })
}
