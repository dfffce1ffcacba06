// Packages Facet for Linux x64 with Electron's fuses set: a folder that runs without a checkout. Set-up, then scripts/app/make-package.mjs
// under the pinned Node 24.
import { join } from 'node:path'
import process from 'node:process'
import { startNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

await runScript(async () => {
  const { paths } = await ensureSetUp({ withEngine: false })
  await startNode(paths.node, [join(root, 'scripts/app/make-package.mjs'), ...process.argv.slice(2)])
})
