import type { IncomingHttpHeaders } from 'node:http'

const loopback = ['127.0.0.1', 'localhost', '[::1]']

/**
 * Whether a request was meant for this server. A page elsewhere can make its own name lead to 127.0.0.1 (DNS rebinding) and
 * then counts as same-origin for the browser; the Host header still carries that name. Any port: `ssh -L` changes it.
 *
 * @param host the Host header
 * @param names further names that the server was told it has
 */
export function isOwnHost(host: string | undefined, names: readonly string[] = []): boolean {
  const match = /^(\[[\da-f:.]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host ?? '')
  const name = match?.[1]?.toLowerCase()
  return name !== undefined && [...loopback, ...names.map(one => one.toLowerCase())].includes(name)
}

/** Whether a WebSocket was opened by a page that came from this server; browsers always name the page's origin. */
export function isOwnOrigin({ origin, host }: Pick<IncomingHttpHeaders, 'origin' | 'host'>): boolean {
  return origin !== undefined && host !== undefined && (origin === `http://${host}` || origin === `https://${host}`)
}
