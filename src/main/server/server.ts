import type { AddressInfo } from 'node:net'
import type { Front } from '#main/front/front.ts'
import { createServer } from 'node:http'
import { createCrowd } from '#main/security/crowd.ts'
import { limits } from '#main/security/limits.ts'
import { namesOf } from '#main/security/origin.ts'
import { createToken } from '#main/security/token.ts'
import { FacetError } from '#shared/errors.ts'
import { answerPage, refusal } from './pages.ts'
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
  const crowd = createCrowd(limits.strangers)
  const server = createServer({
    maxHeaderSize: 16 << 10,
    requestTimeout: limits.requestMs,
    headersTimeout: limits.headersMs,
    keepAliveTimeout: 5_000,
    connectionsCheckingInterval: 2_000, // how soon a slow one is noticed
  }, (request, response) => {
    if (refusal(request, guard) === null)
      crowd.trust(request.socket)
    answerPage(request, response, pageFolder, guard).catch((error) => {
      console.error(error)
      response.destroy()
    })
  })
  server.maxConnections = limits.connectionsInAll
  server.timeout = limits.silenceMs // a client that takes no byte of its answer; sockets of windows have their own pings
  server.on('connection', crowd.join)
  const sockets = createPageSockets(front, guard)
  server.on('upgrade', (request, socket, head) => {
    if (refusal(request, guard) === null)
      crowd.trust(request.socket)
    sockets.upgrade(request, socket, head)
  })
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
