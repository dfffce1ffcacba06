import { expect, it } from 'vitest'
import { pagePolicy, securityHeaders } from '#main/security/csp.ts'
import { isOpenOutside, isOwnSender, isPermitted, isSamePage, pagePreferences } from '#main/security/electron-rules.ts'
import { dropIfSlow, limits } from '#main/security/limits.ts'
import { isContractMethod } from '#main/security/methods.ts'
import { ownPageUrl } from '#main/security/page-answers.ts'

const page = ownPageUrl

it('keeps the page where it is', () => {
  expect(isSamePage(`${page}#/runs?sort=name`, page)).toBe(true)
  for (const url of ['https://evil.example/', 'file:///etc/passwd', `${page}?x=1`, 'javascript:alert(1)', 'about:blank', 'no address', 'facet://other/index.html', 'https://app/index.html'])
    expect(isSamePage(url, page), url).toBe(false)
})

it('answers its own top frame alone', () => {
  expect(isOwnSender({ url: `${page}#/`, parent: null }, page)).toBe(true)
  expect(isOwnSender({ url: page, parent: {} }, page)).toBe(false) // our file, framed by another document
  expect(isOwnSender({ url: 'https://evil.example/', parent: null }, page)).toBe(false)
  expect(isOwnSender(null, page)).toBe(false) // the frame has gone on meanwhile
})

it.each(['https://example.org/paper'])('hands %s to the browser', url => expect(isOpenOutside(url)).toBe(true))

it.each([
  'http://example.org/',
  'file:///etc/passwd',
  'javascript:alert(1)',
  'smb://server/share',
  'ms-msdt:/id',
  'data:text/html,x',
  'https://user@evil.example/',
  'not an address',
])('hands %s to nobody', url => expect(isOpenOutside(url)).toBe(false))

it('permits text on the clipboard, nothing else', () => {
  expect(isPermitted('clipboard-sanitized-write')).toBe(true)
  for (const permission of ['media', 'geolocation', 'notifications', 'clipboard-read', 'display-capture', 'usb', 'serial', 'hid', 'openExternal', 'fileSystem', 'pointerLock', 'fullscreen', 'unknown'])
    expect(isPermitted(permission), permission).toBe(false)
})

it('isolates the page', () => {
  expect(pagePreferences).toMatchObject({ contextIsolation: true, sandbox: true, nodeIntegration: false, webSecurity: true, webviewTag: false })
})

it('forbids inline scripts and everything remote', () => {
  const scripts = /script-src ([^;]*)/.exec(pagePolicy)?.[1]
  expect(scripts).toBe('\'self\'')
  expect(pagePolicy).toContain('default-src \'none\'')
  expect(pagePolicy).not.toMatch(/https?:|\*|unsafe-eval/)
  expect(pagePolicy.match(/'unsafe-inline'/g)).toHaveLength(1) // styles
  expect(securityHeaders['content-security-policy']).toContain('frame-ancestors \'none\'')
})

it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'runs', 'runs.list ', '', 7, null, undefined, ['runs.list']])('knows no method %j', (name) => {
  expect(isContractMethod(name)).toBe(false)
})

it('knows the contract\'s methods', () => expect(isContractMethod('runs.list')).toBe(true))

it('drops a client that takes nothing', () => {
  let dropped = 0
  const client = (bufferedAmount: number): Parameters<typeof dropIfSlow>[0] => ({ bufferedAmount, terminate: () => dropped++ })
  expect(dropIfSlow(client(limits.bufferedBytes))).toBe(false)
  expect(dropIfSlow(client(limits.bufferedBytes + 1))).toBe(true)
  expect(dropped).toBe(1)
})
