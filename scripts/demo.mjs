// The whole way on drawn faces: set-up, then the demo study in a workspace of its own, then its tables and report.
// Arguments are those of `facet run`, e.g. --workspace DIR or --seeds 0,1.
import { join, relative, resolve } from 'node:path'
import process from 'node:process'
import { runNode } from './setup/child.mjs'
import { ensureSetUp, root, runScript } from './setup/index.mjs'

const recipe = join('resources', 'recipes', 'demo.yaml')

/** Takes --workspace DIR (or --workspace=DIR) out of the arguments; the rest goes to `facet run`. */
function readArguments(args) {
  const at = args.findIndex(word => word === '--workspace' || word.startsWith('--workspace='))
  if (at < 0) {
    return {
      workspace: join(root, 'demo-workspace'),
      rest: args,
    }
  }
  const isSeparate = args[at] === '--workspace'
  const workspace = isSeparate
    ? args[at + 1] ?? '.'
    : args[at].slice('--workspace='.length)
  return {
    workspace: resolve(workspace),
    rest: args.filter((_, i) => i !== at && !(isSeparate && i === at + 1)),
  }
}

await runScript(async () => {
  const started = performance.now()
  const { paths, changed, seconds } = await ensureSetUp()
  const { workspace, rest } = readArguments(process.argv.slice(2))
  const { code, signal } = await runNode(
    paths.node,
    [
      join(root, 'src', 'main', 'cli.ts'),
      'run',
      join(root, recipe),
      '--workspace',
      workspace,
      ...rest,
    ],
    {
      env: { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env },
    },
  )
  process.exitCode = signal ? 1 : code
  if (code !== 0)
    return
  const total = ((performance.now() - started) / 1000).toFixed(1)
  const shown = relative(process.cwd(), workspace) || '.'
  console.error([
    '',
    `Done in ${total} s${changed
      ? `, ${seconds.toFixed(1)} s of them set-up`
      : ''}. Drawn faces show that everything works; they prove nothing about the method.`,
    `The workspace:  npm run facet -- runs --workspace ${shown}`,
    `One run of it:  npm run facet -- show KEY --workspace ${shown}`,
  ].join('\n'))
})
