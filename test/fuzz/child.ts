import process from 'node:process'
import { fuzz } from './fuzz.ts'
import { targets } from './targets/index.ts'

/** One parser's part of the campaign, in a process of its own: a hang or a crash of native code ends nothing else. */
const [name = '', inputs = '0', seed = '0', limitMs = '0'] = process.argv.slice(2)
const outcome = await fuzz(await targets[name]!(), {
  inputs: Number(inputs),
  seed: Number(seed),
  limitMs: Number(limitMs),
  onProgress: so => process.send!({ kind: 'progress', outcome: so }),
})
process.send!({ kind: 'end', outcome }, () => process.exit(0))
