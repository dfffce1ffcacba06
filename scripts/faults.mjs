// npm run test:faults: the fault campaign (test/faults) under the pinned Node.
import { join } from 'node:path'
import process from 'node:process'
import { startNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

await runScript(async () => {
  const { paths } = await ensureSetUp()
  await startNode(paths.node, [join(root, 'test', 'faults', 'index.ts'), ...process.argv.slice(2)])
})
