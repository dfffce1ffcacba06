import { join, resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { runScript } from '../setup/index.mjs'
import { SetupProblem } from '../setup/problem.mjs'
import { ensureBuilt, root } from './build.mjs'
import { checkElectron, packageFacet } from './package.mjs'

const usage = `usage: npm run package -- [--electron DIR] [--out DIR]

  --electron DIR  an unpacked Electron for Linux x64 (default: node_modules/electron/dist)
  --out DIR       the new folder (default: dist/facet-linux-x64)`

/** Folders are meant from where they were typed: npm changes to the checkout's. */
function readArguments() {
  const from = process.env.INIT_CWD ?? '.'
  try {
    const { values } = parseArgs({
      options: {
        electron: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    return {
      help: values.help,
      electron: values.electron === undefined ? join(root, 'node_modules/electron/dist') : resolve(from, values.electron),
      out: values.out === undefined ? join(root, 'dist/facet-linux-x64') : resolve(from, values.out),
    }
  }
  catch (error) {
    throw new SetupProblem(error.message, { kind: 'usage', hint: usage })
  }
}

await runScript(async () => {
  const { help, electron, out } = readArguments()
  if (help)
    return console.log(usage)
  checkElectron(electron, root) // before a minute of building
  await ensureBuilt({ node: process.execPath, say: text => console.error(`facet: ${text}`) })
  await packageFacet({ root, electron, out })
  console.log(out)
})
