import process from 'node:process'
import { runWorker } from './run-worker.ts'
import { stageLoaders } from './stages/index.ts'

/** node src/worker/index.ts RUN_FOLDER: does the run that the folder's order.json describes. */
async function loadEngine(): Promise<string> {
  const { engineVersion, device } = await import('./engine/tf.ts')
  return `${engineVersion}-${device}`
}

const runDir = process.argv[2]
if (runDir === undefined) {
  console.error('usage: node src/worker/index.ts RUN_FOLDER')
  process.exit(2)
}
process.exit(await runWorker(runDir, { loaders: stageLoaders, loadEngine }))
