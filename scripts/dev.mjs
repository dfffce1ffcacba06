// The app with hot reload: Electron where it can open a window, else the development server in front of facet serve.
import { join } from 'node:path'
import process from 'node:process'
import { findElectron } from './app/electron.mjs'
import { runNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

await runScript(async () => {
  const { paths } = await ensureSetUp()
  const args = process.argv.slice(2)
  const found = args.includes('--browser') ? { why: 'a browser was asked for' } : await findElectron({ node: paths.node, say: text => console.error(`facet: ${text}`) })
  const command = 'binary' in found
    ? [join(root, 'node_modules/electron-vite/bin/electron-vite.js'), 'dev']
    : [join(root, 'scripts/app/dev-server.mjs'), ...args.filter(word => word !== '--browser')]
  if ('why' in found)
    console.error(`facet: hot reload in your browser, as ${found.why}.`)
  const { code } = await runNode(paths.node, command, {
    cwd: root,
    env: { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env, ...'binary' in found && { ELECTRON_EXEC_PATH: found.binary } },
  })
  process.exitCode = code ?? 1
})
