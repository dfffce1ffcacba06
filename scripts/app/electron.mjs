import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './build.mjs'

/** How long the binary's download (100 MB) may take. */
const downloadLimitMs = 180_000

/**
 * The program that opens windows, or why there is none, as the end of a sentence.
 * @param {{ env?: NodeJS.ProcessEnv, say: (text: string) => void, node: string }} options `node` runs Electron's own installer
 * @returns {Promise<{ binary: string } | { why: string }>} FACET_ELECTRON names another binary
 */
export async function findElectron({ env = process.env, say, node }) {
  if (env.FACET_ELECTRON)
    return existsSync(env.FACET_ELECTRON) ? { binary: env.FACET_ELECTRON } : { why: `FACET_ELECTRON names no file (${env.FACET_ELECTRON})` }
  if (process.platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY)
    return { why: 'there is no display here' }
  if (process.getuid?.() === 0)
    return { why: 'Electron keeps its sandbox only when it is not run as root' }
  const binary = join(root, 'node_modules/electron/dist/electron')
  if (existsSync(binary))
    return { binary }
  say('fetching Electron (once, about 100 MB)')
  const problem = await runInstaller(node, env)
  return existsSync(binary)
    ? { binary }
    : { why: `Electron could not be fetched (${problem})` }
}

/** Electron's own installer checks the download against the hashes of its package. Returns what went wrong. */
async function runInstaller(node, env) {
  let output = ''
  const child = spawn(node, [join(root, 'node_modules/electron/install.js')], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const keep = (chunk) => { output = (output + chunk).slice(-10_000) }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const ended = new Promise(resolve => child.once('close', code => resolve(code)))
  const code = await Promise.race([ended, sleep(downloadLimitMs, 'late', { ref: false })])
  if (code === 'late') {
    child.kill()
    return `no end after ${downloadLimitMs / 1000} s`
  }
  return /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EACCES|ENOSPC|HTTPError[^\n]*/.exec(output)?.[0] ?? output.split('\n')[0] ?? 'no reason given'
}
