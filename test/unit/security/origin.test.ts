import { expect, it } from 'vitest'
import { isOwnHost, isOwnOrigin } from '#main/security/origin.ts'

it.each(['127.0.0.1:8080', 'localhost', 'LOCALHOST:1', '[::1]:8080', '127.0.0.1'])('answers to %s', (host) => {
  expect(isOwnHost(host)).toBe(true)
})

it.each([
  'evil.example', // DNS rebinding: the attacker's name leads to 127.0.0.1
  'evil.example:8080',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  'evil.example#127.0.0.1',
  '127.0.0.1@evil.example',
  '127.0.0.1:8080:90',
  '127.0.0.2',
  '0.0.0.0',
  '',
  undefined,
])('refuses the host %j', (host) => {
  expect(isOwnHost(host)).toBe(false)
})

it('answers to a name that it was told', () => {
  expect(isOwnHost('gpu-7.lab:8080', ['gpu-7.lab'])).toBe(true)
  expect(isOwnHost('gpu-8.lab:8080', ['gpu-7.lab'])).toBe(false)
})

it('takes pages of its own, also through a tunnel', () => {
  expect(isOwnOrigin({ origin: 'http://127.0.0.1:8080', host: '127.0.0.1:8080' })).toBe(true)
  expect(isOwnOrigin({ origin: 'http://localhost:9999', host: 'localhost:9999' })).toBe(true)
})

it.each([
  ['http://evil.example', '127.0.0.1:8080'],
  ['http://127.0.0.1:9090', '127.0.0.1:8080'], // another server of this machine
  ['http://localhost:8080', '127.0.0.1:8080'],
  ['null', '127.0.0.1:8080'], // a sandboxed frame or a file
  ['file://', '127.0.0.1:8080'],
  [undefined, '127.0.0.1:8080'], // no browser
])('refuses a socket of the origin %j', (origin, host) => {
  expect(isOwnOrigin({ origin, host })).toBe(false)
})
