import type { IncomingMessage, ServerResponse } from 'node:http'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { securityHeaders } from '#main/security/csp.ts'
import { isOwnHost } from '#main/security/origin.ts'
import { findPageFile } from '#main/security/page-files.ts'
import { cookieName, isToken, readCookie } from '#main/security/token.ts'

export interface Guard { token: string, hostNames: readonly string[] }

/** Why a request is refused, or null. The same for pages and sockets. */
export function refusal({ headers }: IncomingMessage, { token, hostNames }: Guard): { status: number, text: string } | null {
  if (!isOwnHost(headers.host, hostNames))
    return { status: 421, text: 'This server answers to its own address only (127.0.0.1, localhost, or a name given with --host).' }
  if (!isToken(readCookie(headers.cookie, cookieName(token)), token))
    return { status: 401, text: 'This address needs its token: open the whole address that "facet serve" printed.' }
  return null
}

/** What a request asks for; null for what is no path, such as the whole address that a proxy is sent. */
export function parseTarget(url: string | undefined): URL | null {
  return url?.startsWith('/')
    ? URL.parse(`http://facet.invalid${url}`)
    : null
}

/** Answers a browser's requests for the page and its files. */
export async function answerPage(request: IncomingMessage, response: ServerResponse, root: string, guard: Guard): Promise<void> {
  for (const [name, value] of Object.entries(securityHeaders))
    response.setHeader(name, value)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return end(response, 405, 'Only GET is answered here.')
  const target = parseTarget(request.url)
  if (!target)
    return end(response, 400, 'This is no path.')
  const { pathname, searchParams } = target
  if (isOwnHost(request.headers.host, guard.hostNames) && isToken(searchParams.get('token'), guard.token))
    return takeToken(response, pathname, guard.token)
  const refused = refusal(request, guard)
  if (refused)
    return end(response, refused.status, refused.text)
  const found = await findPageFile(root, pathname)
  if (!found)
    return end(response, 404, 'There is no such file.')
  response.setHeader('content-type', found.type)
  response.setHeader('content-length', found.bytes)
  // Names of built files carry their hash; the page that names them must be asked for each time.
  response.setHeader('cache-control', pathname.startsWith('/assets/') ? 'private, max-age=31536000, immutable' : 'no-cache')
  if (request.method === 'HEAD')
    return void response.end()
  await pipeline(createReadStream(found.file), response).catch(() => response.destroy())
}

/** The token moves from the address into a cookie, out of the history and of what a page could send on. */
function takeToken(response: ServerResponse, pathname: string, token: string): void {
  response.setHeader('set-cookie', `${cookieName(token)}=${token}; HttpOnly; SameSite=Lax; Path=/`)
  response.setHeader('cache-control', 'no-store')
  response.writeHead(303, { location: pathname.startsWith('//') ? '/' : pathname }).end()
}

function end(response: ServerResponse, status: number, text: string): void {
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.setHeader('cache-control', 'no-store')
  response.writeHead(status).end(`${text}\n`)
}
