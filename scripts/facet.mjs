// Starts the terminal program: a quick check of the set-up, then src/main/cli.ts under the pinned Node 24.
import { join } from 'node:path'
import process from 'node:process'
import { startNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

/** The first word that is neither an option nor the workspace's folder. */
function commandOf(args) {
  return args.find((word, i) => !word.startsWith('-') && args[i - 1] !== '--workspace')
}

await runScript(async () => {
  const args = process.argv.slice(2)
  // doctor must start where the engine is broken: it is what mends it.
  const { paths } = await ensureSetUp({ withEngine: commandOf(args) !== 'doctor' })
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
  // npm changes to the checkout's folder; paths on the command line are meant from where it was typed.
  if (process.env.INIT_CWD)
    process.chdir(process.env.INIT_CWD)
  await startNode(paths.node, [
    join(root, 'src', 'main', 'cli.ts'),
    ...process.argv.slice(2),
  ])
})
