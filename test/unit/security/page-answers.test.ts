import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { securityHeaders } from '#main/security/csp.ts'
import { answerOwnPage, ownPageUrl } from '#main/security/page-answers.ts'

let base: string
let root: string
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'facet-test-'))
  root = join(base, 'renderer')
  mkdirSync(join(root, 'assets'), { recursive: true })
  writeFileSync(join(root, 'index.html'), '<title>Facet</title>')
  writeFileSync(join(root, 'assets/index.js'), 'run()')
  writeFileSync(join(base, 'secret.txt'), 'secret')
  symlinkSync(join(base, 'secret.txt'), join(root, 'assets/link.txt'))
})
afterAll(() => rmSync(base, { recursive: true }))

it('answers with the page and its files, under the policy', async () => {
  const page = await answerOwnPage(new Request(`${ownPageUrl}#/runs`), root)
  expect([page.status, await page.text()]).toEqual([200, '<title>Facet</title>'])
  expect(Object.fromEntries(page.headers)).toEqual({ ...securityHeaders, 'content-type': 'text/html; charset=utf-8', 'content-length': '20' })
  const script = await answerOwnPage(new Request('facet://app/assets/index.js'), root)
  expect([script.status, script.headers.get('content-type'), await script.text()]).toEqual([200, 'text/javascript; charset=utf-8', 'run()'])
  const head = await answerOwnPage(new Request('facet://app/assets/index.js', { method: 'HEAD' }), root)
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', ''])
})

it.each([
  'facet://app/../secret.txt',
  'facet://app/%2e%2e/secret.txt',
  'facet://app/..%2fsecret.txt',
  'facet://app/assets/..%2f..%2fsecret.txt',
  'facet://app/assets/link.txt',
  'facet://app/assets',
  'facet://app/missing.js',
  'facet://app/%00',
  'facet://app/%',
  'facet://other/index.html',
  'facet://app:80/index.html',
  'file:///etc/passwd',
  'https://app/index.html',
])('answers %s with 404', async (url) => {
  const answer = await answerOwnPage({ url, method: 'GET' }, root)
  expect([answer.status, await answer.text()]).toEqual([404, 'There is no such file.\n'])
  expect(answer.headers.get('content-security-policy')).toBe(securityHeaders['content-security-policy'])
})

it.each(['POST', 'PUT', 'DELETE'])('refuses %s', async (method) => {
  expect((await answerOwnPage({ url: ownPageUrl, method }, root)).status).toBe(405)
})
