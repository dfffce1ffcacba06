import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { isSamePage } from '#main/security/electron-rules.ts'
import { resolveInside } from '#main/security/inside.ts'
import { isOwnHost, isOwnOrigin } from '#main/security/origin.ts'
import { isToken, readCookie } from '#main/security/token.ts'
import { parseTarget } from '#main/server/pages.ts'
import { changedText, nastyText } from '../inputs.ts'
import { declareTarget, refused } from '../target.ts'
import { scratch } from './folder.ts'

const folder = scratch('page')
let isMade = false

export const addresses = declareTarget({
  name: 'addresses and headers',
  input: fc.record({
    url: changedText(['/', '/assets/a.js', '/index.html?token=x', '//evil.example/x', 'http://evil.example/'], ['/', '..', '%2e', '%2f', '%5c', '\\', '%00', '%zz', '?', '#', '@', ':', '//', 'link', 'secret', '[', ']']),
    host: changedText(['127.0.0.1:8080', 'localhost', '[::1]:1', 'evil.example'], [':', '.', '@', '[', ']', '#', '127.0.0.1', 'localhost', ' ', '\t']),
    origin: fc.oneof(fc.constantFrom('null', 'http://127.0.0.1:8080', 'file://'), nastyText),
    cookie: changedText(['facet=x; other=y'], ['=', ';', ' ', 'facet=', '"']),
  }),
  read: ({ url, host, origin, cookie }) => {
    const root = page()
    const target = parseTarget(url)
    const file = target && resolveInside(root, target.pathname)
    if (file && !file.startsWith(`${root}/`))
      throw new Error(`internal: ${url} leads to ${file}`)
    const raw = resolveInside(root, url)
    if (raw && !raw.startsWith(`${root}/`))
      throw new Error(`internal: ${url} leads to ${raw}`)
    if (isOwnHost(host) && !/^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host))
      throw new Error(`internal: answers to ${host}`)
    const answers = [isOwnOrigin({ origin, host }), readCookie(cookie, 'facet'), isToken(cookie, 'secret'), isSamePage(url, 'file:///page.html')]
    if (answers[2] || (answers[0] && !origin.endsWith(host)))
      throw new Error('internal: let in')
    return file ? answers : refused
  },
})

function page(): string {
  const root = folder()
  if (!isMade) {
    mkdirSync(join(root, 'assets'))
    writeFileSync(join(root, 'assets/a.js'), '')
    writeFileSync(join(root, 'index.html'), '')
    writeFileSync(join(root, '..', 'secret'), '')
    symlinkSync(join(root, '..', 'secret'), join(root, 'link'))
    isMade = true
  }
  return root
}
