import type { AddressInfo } from 'node:net'
import type { Front } from '#main/front/front.ts'
import { createServer } from 'node:http'
import { namesOf } from '#main/security/origin.ts'
import { createToken } from '#main/security/token.ts'
import { FacetError } from '#shared/errors.ts'
import { answerPage } from './pages.ts'
import { createPageSockets } from './sockets.ts'

export interface ServeOptions {
  front: Front
  /** The folder of the built page. */
  pageFolder: string
  /** 0 takes a free one. */
  port: number
  /** Address to listen on. */
  host?: string
  token?: string
}

export interface PageServer {
  /** With the token; the only place where it is shown. */
  address: string
  close: () => Promise<void>
}

/**
 * Serves the app to browsers.
 *
 * @throws FacetError 'conflict' when the port is taken
 */
export async function startPageServer({ front, pageFolder, port, host = '127.0.0.1', token = createToken() }: ServeOptions): Promise<PageServer> {
  const names = namesOf(host)
  const guard = { token, hostNames: names }
  const server = createServer({ maxHeaderSize: 16 << 10, requestTimeout: 30_000, headersTimeout: 15_000, keepAliveTimeout: 5_000 }, (request, response) => {
    answerPage(request, response, pageFolder, guard).catch((error) => {
      console.error(error)
      response.destroy()
    })
  })
  server.maxConnections = 256
  const sockets = createPageSockets(front, guard)
  server.on('upgrade', sockets.upgrade)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(error.code === 'EADDRINUSE'
      ? new FacetError('conflict', `Port ${port} is taken.`, { hint: 'Choose another one with --port, or leave it out.' })
      : new FacetError('usage', `Cannot listen on ${host}:${port}: ${error.message}.`, { hint: 'Leave out --host for this machine alone.' })))
    server.listen(port, host, resolve)
  })
  const taken = (server.address() as AddressInfo).port
  return {
    address: `http://${names[0]}:${taken}/?token=${token}`,
    close: async () => {
      sockets.close()
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
