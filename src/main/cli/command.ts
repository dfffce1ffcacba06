import type { Command } from 'commander'
import type { Client } from '#shared/contract.ts'
import type { Terminal } from './terminal.ts'

/** What a command works with. */
export interface CommandContext {
  terminal: Terminal
  /** Folder of the workspace. */
  workspace: string
  /** The host of the workspace: in this process, or the one that holds it already. Asked for once. */
  connect: (options?: { /** Makes the workspace where there is none. */ create?: boolean, /** Another folder than --workspace. */ workspace?: string }) => Promise<Client>
}

/** Wraps a command's action: gives it its context and arguments, ends what it opened, words its errors, sets the exit code. */
export type Act = <Args extends unknown[]>(action: (context: CommandContext, ...args: Args) => Promise<number | void>) => (...params: unknown[]) => Promise<void>

/** One command: its arguments and options, and what it does. One file each, listed in commands.ts. */
export type RegisterCommand = (program: Command, act: Act) => void
