// Starts the terminal program: a quick check of the set-up, then src/main/cli.ts under the pinned Node 24.
import { join } from 'node:path'
import process from 'node:process'
import { startNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

await runScript(async () => {
  const { paths } = await ensureSetUp()
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  await startNode(paths.node, [
    join(root, 'src', 'main', 'cli.ts'),
    ...process.argv.slice(2),
  ])
})
