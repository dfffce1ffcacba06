import { join } from 'node:path'
import process from 'node:process'
import { commands } from './cli/commands.ts'
import { runProgram } from './cli/program.ts'
import { packageRoot } from './node-binary.ts'

/** The terminal program: facet COMMAND, in a checkout npm run facet -- COMMAND. */
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'
const { default: { version } } = await import(join(packageRoot, 'package.json'), {
  with: { type: 'json' },
}) as { default: { version: string } }
const code = await runProgram(process.argv.slice(2), {
  version,
  commands,
  connect: async ({ workspace, create }) => {
    const { connect } = await import('./core.ts')
    const onReadOnly = (sentence: string): void => void process.stderr.write(`${sentence}\n`)
    return (await connect(workspace, { title: `facet ${process.argv.slice(2).join(' ')}`, create, onReadOnly })).client
  },
})
process.exitCode = code
