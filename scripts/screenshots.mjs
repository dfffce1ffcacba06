// Takes pictures of every screen, light and dark, into docs/screenshots: test/e2e/screenshots.ts under the pinned Node.
import { join } from 'node:path'
import process from 'node:process'
import { startNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

await runScript(async () => {
  const { paths } = await ensureSetUp()
  await startNode(paths.node, [join(root, 'test/e2e/screenshots.ts'), ...process.argv.slice(2)])
})
