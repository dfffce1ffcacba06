import { timingSafeEqual } from 'node:crypto'
import { expect, it, vi } from 'vitest'
import { cookieName, createToken, isToken, readCookie } from '#main/security/token.ts'

vi.mock(import('node:crypto'), async (original) => {
  const actual = await original()
  return { ...actual, timingSafeEqual: vi.fn(actual.timingSafeEqual) }
})

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

it('compares hashes of one length in constant time, wherever the two differ', () => {
  const compared = vi.mocked(timingSafeEqual)
  compared.mockClear()
  const given = ['', 'b', 'bhe-token', 'the-tokex', 'the-token', 'the-token and more', undefined]
  for (const one of given)
    isToken(one, 'the-token')
  expect(compared.mock.calls.map(([a, b]) => [a.byteLength, b.byteLength])).toEqual(given.map(() => [32, 32]))
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
