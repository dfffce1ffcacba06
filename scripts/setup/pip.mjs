import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SetupProblem } from './problem.mjs'
import { findCommand, logPath, runTool, toolEnvironment } from './tools.mjs'

const attempts = 3
/** pip matches tags exactly: one for each glibc from 2.5 to 2.28 that wheels are built for, and their older names. */
const platforms = [
  ...[28, 27, 26, 25, 24, 17, 12, 5].map(minor => `manylinux_2_${minor}_x86_64`),
  ...['manylinux2014_x86_64', 'manylinux2010_x86_64', 'manylinux1_x86_64'],
]
const platformTags = [
  ...[
    '--only-binary=:all:',
    '--python-version',
    '3.12',
    '--implementation',
    'cp',
    '--abi',
    'cp312',
    '--abi',
    'none',
  ],
  ...platforms.flatMap(tag => ['--platform', tag]),
]

/**
 * The Python that unpacks wheels.
 * @throws {SetupProblem} when there is none
 */
export function findPython(env) {
  const python = findCommand('python3', env) ?? findCommand('python', env)
  if (!python)
    throw new SetupProblem('Python 3 is not on the PATH; it brings TensorFlow\'s library.', { kind: 'no-python', hint: 'Install it: sudo apt install python3 python3-pip (or your system\'s way), then: npm run setup' })
  return python
}

/** How to start pip: as a module of Python, else as a command of its own. */
async function findPip(paths, env) {
  const python = findPython(env)
  const log = logPath(paths, 'pip')
  const candidates = [
    [python, '-m', 'pip'],
    ...['pip3', 'pip'].map(name => findCommand(name, env)).filter(Boolean).map(path => [path]),
  ]
  for (const command of candidates) {
    const { code } = await runTool([...command, '--version'], {
      log,
      env: toolEnvironment(env),
    })
    if (code === 0)
      return command
  }
  throw new SetupProblem(`Python is here (${python}), its pip is not.`, { kind: 'no-pip', log, hint: 'Install it: sudo apt install python3-pip (without root: python3 -m ensurepip --user), then: npm run setup' })
}

/**
 * Downloads wheels without their dependencies into a folder. A wheel that is there already is not fetched again.
 * pip writes to a temporary folder below `folder` and moves what is whole, so a broken download leaves no half wheel.
 * @param {string[]} requirements as pip spells them
 * @param {{ folder: string, paths: object, env: NodeJS.ProcessEnv, note: (text: string) => void }} options
 * @throws {SetupProblem} no pip, no network, full disk, nothing that fits
 */
export async function downloadWheels(requirements, { folder, paths, env, note }) {
  const pip = await findPip(paths, env)
  await runPip(
    [
      ...pip,
      'download',
      '--dest',
      folder,
      '--no-deps',
      '--progress-bar',
      'off',
      ...platformTags,
      ...requirements,
    ],
    {
      folder,
      paths,
      env,
      note,
      what: requirements[0],
    },
  )
}

/** Installs a Python package of tools (ziglang) into a folder. */
export async function installTool(requirement, { folder, paths, env, note }) {
  const pip = await findPip(paths, env)
  await runPip(
    [
      ...pip,
      'install',
      '--target',
      folder,
      '--no-deps',
      '--only-binary=:all:',
      '--progress-bar',
      'off',
      requirement,
    ],
    {
      folder,
      paths,
      env,
      note,
      what: requirement,
    },
  )
}

async function runPip(command, { folder, paths, env, note, what }) {
  const log = logPath(paths, 'pip')
  const temporary = `${folder}.tmp-${process.pid}`
  mkdirSync(folder, { recursive: true })
  try {
    for (let attempt = 1; ; attempt++) {
      mkdirSync(temporary, { recursive: true })
      const prefix = attempt > 1
        ? `attempt ${attempt} of ${attempts}, `
        : ''
      const timer = setInterval(() => note(`${prefix}${megabytes(temporary)} MB`), 1000)
      const { code, output } = await runTool(command, {
        log,
        env: toolEnvironment(env, { TMPDIR: temporary, PIP_DISABLE_PIP_VERSION_CHECK: '1' }),
      })
        .finally(() => clearInterval(timer))
      rmSync(temporary, { recursive: true, force: true })
      if (code === 0)
        return
      const problem = pipProblem(output, what, log)
      if (!['network', 'broken'].includes(problem.kind) || attempt === attempts)
        throw problem
      note(`broken off, attempt ${attempt + 1} of ${attempts}`)
      await sleep(attempt * 1000)
    }
  }
  finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

function megabytes(folder) {
  try {
    const bytes = readdirSync(folder, { recursive: true }).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0)
    return Math.round(bytes / 1e6)
  }
  catch {
    return 0
  }
}

function sizeOf(path) {
  try {
    return statSync(path).size
  }
  catch {
    return 0
  }
}

/** What pip's output says went wrong. */
function pipProblem(output, what, log) {
  const offline = 'or fetch the wheel elsewhere (https://pypi.org/project/tensorflow-cpu/#files) and: npm run setup -- --engine-from FILE'
  if (/No space left on device|ENOSPC|Errno 28/.test(output))
    return new SetupProblem('The disk became full while pip downloaded.', { kind: 'disk', log, hint: 'Free some space, then: npm run setup' })
  if (/Read-only file system|Permission denied|Errno 13|Errno 30/.test(output))
    return new SetupProblem('pip may not write in the cache folder.', { kind: 'read-only', log, hint: 'Choose another: FACET_CACHE=/path/to/folder npm run setup' })
  if (/CERTIFICATE_VERIFY_FAILED|SSLError/.test(output))
    return new SetupProblem('pip does not trust the certificate of the package index.', { kind: 'certificate', log, hint: `Name your network's certificate: PIP_CERT=/path/to/ca.pem npm run setup, ${offline}` })
  if (/DO NOT MATCH THE HASHES|IncompleteRead|Connection broken: |incomplete download|not a valid wheel|BadZipFile/.test(output))
    return new SetupProblem(`The download of ${what} broke off or came damaged.`, { kind: 'broken', log, hint: `Try again: npm run setup, ${offline}` })
  if (/NewConnectionError|Temporary failure in name resolution|Name or service not known|Connection refused|Network is unreachable|ProxyError|ReadTimeout|timed out|Connection reset|ConnectionError|Max retries/i.test(output))
    return new SetupProblem('pip cannot reach the Python package index.', { kind: 'network', log, hint: `Check the network; behind a proxy: HTTPS_PROXY=http://HOST:PORT npm run setup; ${offline}` })
  if (/No matching distribution|Could not find a version/.test(output))
    return new SetupProblem(`The Python package index in use has no ${what} for Linux x64.`, { kind: 'registry', log, hint: `Use the public one: PIP_INDEX_URL=https://pypi.org/simple npm run setup, ${offline}` })
  const line = output.split('\n').findLast(text => /^ERROR|Error/.test(text))
  return new SetupProblem(`pip failed${line
    ? `: ${line.replace(/^ERROR: /, '')}`
    : ''}.`, { log, hint: 'Read the log, then: npm run setup' })
}
