import type { Client } from '#shared/contract.ts'
import type { Act, CommandContext, RegisterCommand } from './command.ts'
import { resolve } from 'node:path'
import process from 'node:process'
import { Command, CommanderError } from 'commander'
import { FacetError, toProblem, wordProblem } from '#shared/errors.ts'
import { createTerminal } from './terminal.ts'

/** Exit codes of every command. */
export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const

interface GlobalOptions { workspace: string, json: boolean }

/** Opens the host of a workspace; passed in, so that help and usage errors load nothing. */
export type Connect = (options: { workspace: string, create: boolean }) => Promise<Client>

function describe(program: Command): void {
  program
    .name('facet')
    .description('Fuses what several face models know into one embedding, distils that into one small network, transfers it to new tasks and compares every choice in tables.')
    .option('--workspace <dir>', 'folder of the workspace', process.env.FACET_WORKSPACE ?? 'facet-workspace')
    .option('--json', 'one JSON document instead of text', false)
    .showHelpAfterError(false)
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .addHelpText('after', '\nThe workspace can also be named by FACET_WORKSPACE. Exit codes: 0 ok, 1 failed, 2 wrong usage.')
    .exitOverride()
}

/** What commander says of a wrong command line, as our errors read. */
function usageError(text: string): FacetError {
  const [first = '', ...rest] = text.replace(/^error: /, '').trim().split('\n')
  const hint = rest.join(' ').replace(/^\(|\)$/g, '')
  const sentence = first.charAt(0).toUpperCase() + first.slice(1).replaceAll(/'([^']*)'/g, '"$1"')
  return new FacetError('usage', sentence.endsWith('.')
    ? sentence
    : `${sentence}.`, {
    hint: hint === ''
      ? 'facet --help lists commands and options.'
      : hint,
  })
}

/**
 * Runs one command line and returns its exit code. Results go to stdout, errors to stderr in one wording.
 */
export async function runProgram(argv: string[], { commands, connect, version }: { commands: RegisterCommand[], connect: Connect, version: string }): Promise<number> {
  const program = new Command()
  let code: number = exitCodes.ok
  let complaint = ''
  describe(program)
  program.version(version).configureOutput({
    writeErr: (text) => { complaint += text },
    outputError: (text) => { complaint += text },
  })
  const act: Act = action => async (...params) => {
    const command = params.at(-1) as Command
    const { workspace, json } = command.optsWithGlobals<GlobalOptions>()
    const folder = resolve(workspace)
    let client: Promise<Client> | undefined
    const context: CommandContext = {
      terminal: createTerminal({ isJson: json }),
      workspace: folder,
      connect: ({ create = false, workspace: named = folder } = {}) => client ??= connect({ workspace: named, create }),
    }
    try {
      code = await action(context, ...params.slice(0, -1) as never) ?? exitCodes.ok
    }
    finally {
      await client?.then(opened => opened.close(), () => {})
    }
  }
  for (const register of commands)
    register(program, act)
  try {
    if (argv.length === 0) {
      process.stderr.write(program.helpInformation())
      return exitCodes.usage
    }
    await program.parseAsync(argv, { from: 'user' })
    return code
  }
  catch (error) {
    return report(error, complaint)
  }
}

function report(error: unknown, complaint: string): number {
  if (error instanceof CommanderError && error.exitCode === 0)
    return exitCodes.ok
  if (error instanceof CommanderError && error.code === 'commander.help') {
    process.stderr.write(complaint)
    return exitCodes.usage
  }
  const problem = toProblem(error instanceof CommanderError
    ? usageError(complaint || error.message)
    : error)
  process.stderr.write(`${wordProblem(problem)}\n`)
  if (problem.code === 'internal' && process.env.FACET_DEBUG && error instanceof Error)
    process.stderr.write(`${error.stack}\n`)
  return problem.code === 'usage'
    ? exitCodes.usage
    : exitCodes.failed
}
