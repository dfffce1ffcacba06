// Gives every parser of what comes from outside 100,000 inputs made to break it: test/fuzz/campaign.ts under the pinned Node.
import { join } from 'node:path'
import process from 'node:process'
import { startNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

await runScript(async () => {
  const { paths } = await ensureSetUp()
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  await startNode(paths.node, [join(root, 'test/fuzz/campaign.ts'), ...process.argv.slice(2)])
})
