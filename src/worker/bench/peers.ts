import type { PeerPackage } from './bench.ts'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { FacetError } from '#shared/errors.ts'

/** Versions compared with. */
const torch = '2.15.0'
const onnx = '1.23.2'
const onnxruntime = '1.30.0'

/** What PyTorch wants at import and on `compile`, NVIDIA's libraries apart: a CPU never calls those 4 GB. */
const torchNeeds = ['numpy', 'filelock', 'typing-extensions', 'setuptools<82', 'sympy', 'networkx', 'jinja2', 'fsspec']

const root = join(import.meta.dirname, '../../..')
/** Scripts of the Python peers. */
export const scripts = join(root, 'scripts/bench')

/** Where peers are or will be. */
export interface Peers {
  folder: string
  /** PyTorch and what it needs, for PYTHONPATH. */
  torch: string
  /** What writes ONNX, for PYTHONPATH. */
  onnx: string
  /** onnxruntime for Python and what the example of an exported model needs, for PYTHONPATH. */
  onnxruntime: string
  /** The ONNX form of faceres. */
  model: string
}

/** Peers lie in the user's cache beside the engine, for all checkouts. */
export function peersOf(env: NodeJS.ProcessEnv = process.env): Peers {
  const cache = resolve(env.FACET_CACHE || env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'))
  const folder = join(cache, 'facet', 'peers')
  return {
    folder,
    torch: join(folder, `torch-${torch}`),
    onnx: join(folder, `onnx-${onnx}`),
    onnxruntime: join(folder, `onnxruntime-python-${onnxruntime}`),
    model: join(folder, `faceres-onnx-${onnx}.onnx`),
  }
}

const titles = { torch: 'PyTorch', onnxruntime: 'onnxruntime for Python' }

/** The Python that a package was installed for, and what goes into its PYTHONPATH. @throws FacetError where it is not installed */
export function pythonOf(peers: Peers, name: 'torch' | 'onnxruntime'): { python: string, path: string } {
  try {
    return { python: readFileSync(join(peers[name], 'python.txt'), 'utf8').trim(), path: peers[name] }
  }
  catch {
    throw notSetUp(titles[name])
  }
}

/** faceres as ONNX. @throws FacetError where it is missing */
export function onnxModel({ model }: Peers): string {
  if (!existsSync(model))
    throw notSetUp('faceres as ONNX')
  return model
}

function notSetUp(name: string): FacetError {
  return new FacetError('not-found', `${name} is not set up.`, { hint: 'facet bench --peers does that.' })
}

/**
 * Installs the peers that are missing: PyTorch (0.6 GB to fetch, 1.3 GB unpacked), onnxruntime. Each goes to a temporary folder
 * that is renamed when whole, so that a broken set-up is no set-up. Nothing to do costs nothing.
 * @throws FacetError saying what the package manager said
 */
export async function setUpPeers(peers: Peers, needed: ReadonlySet<PeerPackage>, note: (text: string) => void): Promise<void> {
  mkdirSync(peers.folder, { recursive: true })
  if (needed.has('torch') && !existsSync(peers.torch)) {
    note('peers: fetching PyTorch from PyPI (0.6 GB)')
    await whole(peers.torch, installTorch)
  }
  if (needed.has('onnxruntime') && !existsSync(peers.onnxruntime)) {
    note('peers: fetching onnxruntime from PyPI')
    await whole(peers.onnxruntime, installOnnxruntime)
  }
  if (needed.has('onnx') && !existsSync(peers.model)) {
    note('peers: writing faceres as ONNX')
    const python = await findPython()
    if (!existsSync(peers.onnx))
      await whole(peers.onnx, folder => pip(python, folder, [`onnx==${onnx}`]))
    await whole(peers.model, file => tool([python, join(scripts, 'faceres_onnx.py'), join(root, 'node_modules/@vladmandic/human/models/faceres.json'), file], { PYTHONPATH: peers.onnx }))
  }
}

async function installTorch(folder: string): Promise<void> {
  const python = await findPython()
  await pip(python, folder, ['--no-deps', `torch==${torch}`])
  await pip(python, folder, torchNeeds)
  await tool([python, join(scripts, 'cuda_stubs.py'), folder])
  await tool([python, '-c', 'import torch; torch.ones(2) + 1'], { PYTHONPATH: folder })
  writeFileSync(join(folder, 'python.txt'), python)
}

/** With what the example of an exported model imports. */
async function installOnnxruntime(folder: string): Promise<void> {
  const python = await findPython()
  await pip(python, folder, [`onnxruntime==${onnxruntime}`, 'numpy', 'pillow'])
  writeFileSync(join(folder, 'python.txt'), python)
}

/** The interpreter itself: `python3` may be a wrapper that means another one elsewhere. */
async function findPython(): Promise<string> {
  return (await tool(['python3', '-c', 'import sys; print(sys.executable)'])).trim()
}

function pip(python: string, folder: string, packages: readonly string[]): Promise<string> {
  return tool([python, '-m', 'pip', 'install', '--quiet', '--target', folder, '--no-compile', '--only-binary=:all:', ...packages])
}

/** Makes a file or folder under a temporary name and renames it when it is whole. */
async function whole(path: string, make: (temporary: string) => Promise<unknown>): Promise<void> {
  const temporary = `${path}.${process.pid}`
  try {
    await make(temporary)
    if (!existsSync(path)) // somebody else may have been as fast
      renameSync(temporary, path)
  }
  finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Runs a tool and gives its stdout. */
function tool([program, ...args]: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } })
    const text = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].on('data', (chunk) => { text[stream] = (text[stream] + chunk).slice(-20_000) })
    const fail = (reason: string): void => {
      const last = text.stderr.trim().split('\n').findLast(line => /error/i.test(line)) ?? text.stderr.trim().split('\n').at(-1)
      reject(new FacetError('engine', `The peers cannot be set up: ${[last, reason].filter(Boolean).join(' - ')}.`, {
        where: [program, ...args.slice(0, 3)].join(' '),
        hint: 'It needs python3 (3.10 or newer) with pip, a C compiler and the package indexes; without --peers the others are compared.',
      }))
    }
    child.on('error', error => fail(error.message))
    child.on('close', code => code === 0
      ? resolve(text.stdout)
      : fail(`exit code ${code}`))
  })
}
