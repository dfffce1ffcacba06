// Sets up everything Facet needs: packages, the pinned Node 24, the native engine. Run again it does only what is missing.
import { parseArgs } from 'node:util'
import { ensureSetUp, runScript, setupStatus } from './setup/index.mjs'
import { SetupProblem } from './setup/problem.mjs'

const usage = `usage: npm run setup -- [--engine-from FILE] [--force] [--status]

  --engine-from FILE  take TensorFlow from this wheel (or folder of wheels) instead of the network
  --force             install the engine anew
  --status            print where everything lies and what is in place, as JSON; change nothing

FACET_CACHE moves the cache folder (default ~/.cache), FACET_ENGINE=cpu|gpu chooses the build.`

function readArguments() {
  try {
    return parseArgs({
      options: {
        'engine-from': { type: 'string' },
        'force': { type: 'boolean' },
        'status': { type: 'boolean' },
        'help': { type: 'boolean', short: 'h' },
      },
    }).values
  }
  catch (error) {
    throw new SetupProblem(error.message, { kind: 'usage', hint: usage })
  }
}

await runScript(async () => {
  const options = readArguments()
  if (options.help)
    return console.log(usage)
  if (options.status)
    return console.log(JSON.stringify(setupStatus(), null, 2))
  const { changed, seconds, paths } = await ensureSetUp({ engineFrom: options['engine-from'], force: options.force })
  console.error(changed
    ? `Set up in ${seconds.toFixed(1)} s (engine: ${paths.engine}).`
    : `Everything is in place (checked in ${(seconds * 1000).toFixed(0)} ms).`)
})
