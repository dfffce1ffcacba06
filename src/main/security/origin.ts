import type { IncomingHttpHeaders } from 'node:http'
import { hostname, networkInterfaces } from 'node:os'

const loopback = ['127.0.0.1', 'localhost', '[::1]']

/**
 * What browsers may call a server that listens on an address, the best to print first. A wildcard listens on all addresses of
 * this machine, and is no address that a browser could ask for.
 */
export function namesOf(host: string): string[] {
  if (!['0.0.0.0', '::', '[::]'].includes(host))
    return [inBrackets(host)]
  const addresses = Object.values(networkInterfaces()).flatMap(each => each ?? [])
  const reachable = addresses.filter(({ address }) => !address.startsWith('fe80:')) // those need a zone, which no URL can name
  reachable.sort((a, b) => Number(a.internal) - Number(b.internal) || Number(a.family === 'IPv6') - Number(b.family === 'IPv6'))
  return [...reachable.filter(({ family }) => host !== '0.0.0.0' || family === 'IPv4').map(({ address }) => inBrackets(address)), hostname()]
}

/** An address as it stands in a URL and in the Host header. */
function inBrackets(host: string): string {
  return host.includes(':') && !host.startsWith('[')
    ? `[${host}]`
    : host
}

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
