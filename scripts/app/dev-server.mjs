// Vite's development server in front of `facet serve`, whose words are the arguments: pages come from Vite, calls go through it to the server.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { createServer } from 'vite'
import { isOwnHost, isOwnOrigin } from '../../src/main/security/origin.ts'
import { root } from './build.mjs'
import { pageConfig } from './page-config.ts'

// The server wants a page to serve; nobody asks it for this one.
const empty = mkdtempSync(join(tmpdir(), 'facet-dev-'))
writeFileSync(join(empty, 'index.html'), '')
const served = spawn(process.execPath, [join(root, 'src/main/cli.ts'), ...process.argv.slice(2)], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, FACET_PAGE: empty } })
served.once('exit', code => process.exit(code ?? 1))
process.once('exit', () => {
  served.kill()
  rmSync(empty, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => process.exit(0))

const address = new URL(await new Promise(resolve => createInterface({ input: served.stdout }).once('line', resolve)))
const cookie = await takeCookie(address)
const config = pageConfig(root)
const server = await createServer({
  ...config,
  configFile: false,
  server: {
    host: '127.0.0.1',
    proxy: {
      '/socket': {
        target: address.origin,
        ws: true,
        // The server answers its own pages only: to it the development server is one.
        headers: { host: address.host, origin: address.origin, cookie },
        // With that, it alone can tell a page of its own from one elsewhere.
        configure: proxy => proxy.on('proxyReqWs', (_request, { headers }, socket) => {
          if (!isOwnHost(headers.host) || !isOwnOrigin(headers))
            socket.destroy()
        }),
      },
    },
  },
})
await server.listen()
server.printUrls()

/** The cookie that the token in the address is changed for. */
async function takeCookie(url) {
  const { headers } = await fetch(url, { redirect: 'manual' })
  return headers.get('set-cookie').split(';')[0]
}
