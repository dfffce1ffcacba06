import { expect, it } from 'vitest'
import { cookieName, createToken, isToken, readCookie } from '#main/security/token.ts'

it('makes tokens that nobody guesses and that fit an address', () => {
  const tokens = Array.from({ length: 50 }, createToken)
  expect(new Set(tokens).size).toBe(50)
  for (const token of tokens)
    expect(token).toMatch(/^[\w-]{32}$/)
})

it.each([undefined, null, '', 'wrong', 'the-token ', 'the-toke', 'The-token'])('refuses %j', (given) => {
  expect(isToken(given, 'the-token')).toBe(false)
})

it('takes the token, and no empty one where the token is empty by mistake', () => {
  expect(isToken('the-token', 'the-token')).toBe(true)
  expect(isToken(undefined, '')).toBe(false)
})

it('compares in a time that does not grow with the common beginning', () => {
  const token = 'a'.repeat(1 << 20)
  const time = (given: string): number => {
    const start = performance.now()
    for (let i = 0; i < 10; i++)
      isToken(given, token)
    return performance.now() - start
  }
  const early = `b${token.slice(1)}`
  const late = `${token.slice(1)}b`
  time(early)
  const [a, b] = [Math.min(...Array.from({ length: 5 }, () => time(early))), Math.min(...Array.from({ length: 5 }, () => time(late)))]
  expect(Math.max(a, b) / Math.min(a, b)).toBeLessThan(2)
})

it('names one cookie for each server, since a browser sends those of all ports', () => {
  expect(cookieName('one')).not.toBe(cookieName('two'))
  expect(cookieName('one')).not.toContain('one')
})

it.each([
  ['facet=x', 'x'],
  ['other=1; facet=x=y ; more=2', 'x=y'],
  ['facetious=x', undefined],
  [undefined, undefined],
])('reads the cookie of %j', (header, value) => {
  expect(readCookie(header, 'facet')).toBe(value)
})
