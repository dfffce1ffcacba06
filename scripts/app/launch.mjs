import { resolve } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { SetupProblem } from '../setup/problem.mjs'
import { findElectron } from './electron.mjs'

/**
 * Reads the arguments that npm start and npm run dev share. A workspace is meant from where it was typed (npm changes to the
 * checkout's folder).
 * @param {string} usage
 * @param {{ args?: string[], from?: string }} [options]
 * @returns {{ workspace?: string, browser: boolean, port: string, help?: boolean }} what was asked for
 * @throws {SetupProblem} of kind usage
 */
export function readLaunchArguments(usage, { args = process.argv.slice(2), from = process.env.INIT_CWD ?? '.' } = {}) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        workspace: { type: 'string' },
        browser: { type: 'boolean', default: false },
        port: { type: 'string', default: '0' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    return { ...values, ...values.workspace !== undefined && { workspace: resolve(from, values.workspace) } }
  }
  catch (error) {
    throw new SetupProblem(error.message, { kind: 'usage', hint: usage })
  }
}

/**
 * Electron, or why it is to be a browser.
 * @param {{ browser: boolean, node: string, say: (text: string) => void }} asked
 * @returns {Promise<{ binary: string } | { why: string }>} as the end of a sentence
 */
export async function chooseCarrier({ browser, node, say }) {
  return browser ? { why: 'a browser was asked for' } : findElectron({ node, say })
}

/** The environment of the app, with the workspace it begins with. */
export function appEnvironment({ workspace }) {
  return { TF_CPP_MIN_LOG_LEVEL: '2', ...process.env, ...workspace && { FACET_WORKSPACE: workspace } }
}

/** The words of `facet serve`. */
export function serveArguments({ workspace, port }) {
  return [...workspace ? ['--workspace', workspace] : [], 'serve', '--port', port]
}
