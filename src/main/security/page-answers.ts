import { readFile } from 'node:fs/promises'
import { securityHeaders } from './csp.ts'
import { findPageFile } from './page-files.ts'

/** The page's own scheme in Electron: an address like a server's, so that files need no privileges beyond those of any site. */
export const pageScheme = 'facet'
const host = 'app'
/** The address of the page. */
export const ownPageUrl = `${pageScheme}://${host}/index.html`

/**
 * Answers a request for an address of the page's own scheme with a file of the page's folder, under the same headers as a
 * server's; with 404 for what is no file of it, with 405 for what would change something.
 */
export async function answerOwnPage({ url, method }: Pick<Request, 'url' | 'method'>, root: string): Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD')
    return refuse(405, 'Only GET is answered here.')
  const address = URL.parse(url)
  const found = address?.protocol === `${pageScheme}:` && address.host === host ? await findPageFile(root, address.pathname) : null
  if (!found)
    return refuse(404, 'There is no such file.')
  const body = method === 'HEAD' ? null : await readFile(found.file)
  return new Response(body, { headers: { ...securityHeaders, 'content-type': found.type, 'content-length': String(found.bytes) } })
}

function refuse(status: number, text: string): Response {
  return new Response(`${text}\n`, { status, headers: { ...securityHeaders, 'content-type': 'text/plain; charset=utf-8' } })
}
