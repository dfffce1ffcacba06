import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import process from 'node:process'
import { pathToFileURL } from 'node:url'

const forwarded = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Goes on as a script under the pinned Node: in this process where it already is that Node, else as a child whose
 * signals and exit code are passed on.
 * @param {string} node the pinned binary
 * @param {string[]} command the script and its arguments
 */
export async function startNode(node, [script, ...args]) {
  if (isThisNode(node)) {
    process.argv = [process.argv[0], script, ...args]
    await import(pathToFileURL(script).href)
    return
  }
  const { code, signal } = await runNode(node, [script, ...args])
  if (signal)
    process.kill(process.pid, signal)
  else
    process.exitCode = code
}

/**
 * Runs a script under the pinned Node as a child with this terminal.
 * @param {string} node the pinned binary
 * @param {string[]} command the script and its arguments
 * @param {import('node:child_process').SpawnOptions} [options] for spawn
 * @returns {Promise<{ code: number | null, signal: string | null }>} how it ended
 */
export function runNode(node, command, options = {}) {
  const child = spawn(node, command, { stdio: 'inherit', ...options })
  const forward = (signal) => {
    // From a terminal Ctrl-C reaches the whole group: passed on, it would count twice.
    if (signal !== 'SIGINT' || !process.stdin.isTTY)
      child.kill(signal)
  }
  for (const signal of forwarded)
    process.on(signal, forward)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal }))
  }).finally(() => {
    for (const signal of forwarded)
      process.off(signal, forward)
  })
}

function isThisNode(node) {
  try {
    return realpathSync(process.execPath) === realpathSync(node)
  }
  catch {
    return false
  }
}
