// The whole way on drawn faces: set-up, then the demo study in a workspace of its own, then its tables.
import { join, relative, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { runNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

await runScript(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    strict: false,
    options: {
      workspace: {
        type: 'string',
        default: join(root, 'demo-workspace'),
      },
    },
  })
  const started = performance.now()
  const { paths } = await ensureSetUp()
  const workspace = resolve(values.workspace)
  const { code, signal } = await runNode(paths.node, [
    ...[
      join(root, 'src/main/cli.ts'),
      'run',
      join(root, 'resources/recipes/demo.yaml'),
    ],
    ...['--workspace', workspace, ...positionals],
  ], {
    env: { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env },
  })
  process.exitCode = signal ? 1 : code
  if (code === 0)
    console.log(`\nDone in ${((performance.now() - started) / 1000).toFixed(1)} s. Open it: npm run facet -- runs --workspace ${relative(process.cwd(), workspace) || '.'}`)
})
