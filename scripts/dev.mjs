// The app with hot reload: Electron where it can open a window, else the development server in front of facet serve.
import { join } from 'node:path'
import process from 'node:process'
import { appEnvironment, chooseCarrier, readLaunchArguments, serveArguments } from './app/launch.mjs'
import { runNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

const usage = `usage: npm run dev -- [--workspace DIR] [--browser] [--port N]

  --workspace DIR  open this workspace; without it the last one, or the question which
  --browser        hot reload in a browser even where Electron could open the app
  --port N         port of the served app behind the development server (default: a free one)`

const say = text => console.error(`facet: ${text}`)

await runScript(async () => {
  const options = readLaunchArguments(usage)
  if (options.help)
    return console.log(usage)
  const { paths } = await ensureSetUp()
  const found = await chooseCarrier({ ...options, node: paths.node, say })
  if ('why' in found)
    say(`hot reload in your browser, as ${found.why}.`)
  const command = 'binary' in found
    ? [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'dev']
    : [join(root, 'scripts/app/dev-server.mjs'), ...serveArguments(options)]
  const { code } = await runNode(paths.node, command, {
    cwd: root,
    env: { ...appEnvironment(options), ...'binary' in found && { ELECTRON_EXEC_PATH: found.binary } },
  })
  process.exitCode = code ?? 1
})
