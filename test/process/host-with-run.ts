import process from 'node:process'
import { openHost, plan } from './workspace-fixture.ts'

/** A host that starts one counting run and is then killed: ROOT NAME STEPS STEP_MS. */
const [root = '', name = '', steps, stepMs] = process.argv.slice(2)
const { runner } = await openHost(root)
await runner.enqueue('study', [
  plan(root, name, {
    steps: Number(steps),
    stepMs: Number(stepMs),
  }),
])
process.send?.('queued')
process.on('message', () => {})
