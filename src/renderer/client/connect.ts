import type { Transport } from './transport.ts'
import { createSocketTransport } from './socket-transport.ts'

/** The transport of where the page runs: Electron's bridge, or a WebSocket to the server that the page came from. */
export function connectTransport(): Transport {
  const { facet } = window
  if (facet) {
    const { call, onEvent, onConnection } = facet
    return { call, onEvent, onConnection, close: () => {} }
  }
  const address = new URL('/socket', location.href)
  address.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  address.hash = ''
  return createSocketTransport(() => new WebSocket(address))
}
