// Opens the app: sets up and builds what is missing, then Electron, or where it cannot run the same app in a browser.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { ensureBuilt } from './app/build.mjs'
import { appEnvironment, chooseCarrier, readLaunchArguments, serveArguments } from './app/launch.mjs'
import { runNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'
import { wordSetupProblem } from './setup/problem.mjs'
import { findCommand } from './setup/tools.mjs'

const usage = `usage: npm start -- [--workspace DIR] [--browser] [--port N]

  --workspace DIR  open this workspace; without it the last one, or the question which
  --browser        serve the app to a browser even where Electron could open it
  --port N         port of the served app (default: a free one)`

/** An Electron that ends this soon, and not well, could not open its window. */
const startLimitMs = 10_000

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
async function serve(node, options, env) {
  const opener = process.platform === 'darwin' ? findCommand('open') : env.DISPLAY || env.WAYLAND_DISPLAY ? findCommand('xdg-open') : null
  const served = spawn(node, [join(root, 'src/main/cli.ts'), ...serveArguments(options)], { env, stdio: ['inherit', 'pipe', 'inherit'] })
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
  const options = readLaunchArguments(usage)
  if (options.help)
    return console.log(usage)
  const paths = await setUp()
  await ensureBuilt({ node: paths.node, say })
  const env = appEnvironment(options)
  const found = await chooseCarrier({ ...options, node: paths.node, say })
  if ('binary' in found && await openElectron(found.binary, env))
    return
  say(`no window of its own, as ${found.why ?? 'Electron ended at its start'}: the same app is served to your browser at this address (Ctrl-C ends it).`)
  await serve(paths.node, options, env)
})
