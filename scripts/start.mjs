// Opens the app: sets up and builds what is missing, then Electron, or where it cannot run the same app in a browser.
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { ensureBuilt } from './app/build.mjs'
import { findElectron } from './app/electron.mjs'
import { runNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'
import { SetupProblem, wordSetupProblem } from './setup/problem.mjs'
import { findCommand } from './setup/tools.mjs'

const usage = `usage: npm start -- [--workspace DIR] [--browser] [--port N]

  --workspace DIR  open this workspace; without it the last one, or the question which
  --browser        serve the app to a browser even where Electron could open it
  --port N         port of the served app (default: a free one)`

/** An Electron that ends this soon, and not well, could not open its window. */
const startLimitMs = 10_000

function readArguments() {
  try {
    return parseArgs({
      options: {
        workspace: { type: 'string' },
        browser: { type: 'boolean', default: false },
        port: { type: 'string', default: '0' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  }
  catch (error) {
    throw new SetupProblem(error.message, { kind: 'usage', hint: usage })
  }
}

const say = text => console.error(`facet: ${text}`)

/** Packages are needed for anything at all; without the engine the app opens and says what is missing. */
async function setUp() {
  const { paths } = await ensureSetUp({ withEngine: false })
  try {
    await ensureSetUp()
  }
  catch (error) {
    console.error(wordSetupProblem(error))
    say('the app opens all the same; runs and images need the engine.')
  }
  return paths
}

/** Runs Electron to its end; false when it could not open. */
async function openElectron(binary, env) {
  const started = performance.now()
  const { code, signal } = await runNode(binary, [root], { env })
  const hasOpened = code === 0 || signal !== null || performance.now() - started > startLimitMs
  if (hasOpened)
    process.exitCode = signal ? 1 : code
  return hasOpened
}

/** Serves the app until Ctrl-C; opens a browser where there is a display for one. */
async function serve(node, { workspace, port }, env) {
  const opener = process.platform === 'darwin' ? findCommand('open') : env.DISPLAY || env.WAYLAND_DISPLAY ? findCommand('xdg-open') : null
  const served = spawn(node, [join(root, 'src/main/cli.ts'), ...workspace ? ['--workspace', workspace] : [], 'serve', '--port', port], { env, stdio: ['inherit', 'pipe', 'inherit'] })
  served.stdout.once('data', (line) => {
    if (opener)
      spawn(opener, [String(line).trim()], { stdio: 'ignore', detached: true }).on('error', () => {}).unref()
  })
  served.stdout.pipe(process.stdout)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => served.kill(signal))
  process.exitCode = await new Promise(resolve => served.once('close', code => resolve(code ?? 1)))
}

await runScript(async () => {
  const options = readArguments()
  if (options.help)
    return console.log(usage)
  const paths = await setUp()
  await ensureBuilt({ node: paths.node, say })
  const workspace = options.workspace && resolve(process.env.INIT_CWD ?? '.', options.workspace)
  const env = { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env, ...workspace && { FACET_WORKSPACE: workspace } }
  if (!options.browser) {
    const found = await findElectron({ say, node: paths.node })
    if ('binary' in found && await openElectron(found.binary, env))
      return
    say(`no window of its own, as ${found.why ?? 'Electron ended at its start'}: the same app is served to your browser at this address (Ctrl-C ends it).`)
  }
  await serve(paths.node, { ...options, workspace }, env)
})
