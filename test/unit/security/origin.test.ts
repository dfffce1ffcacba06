import { expect, it, vi } from 'vitest'
import { isOwnHost, isOwnOrigin, namesOf } from '#main/security/origin.ts'

vi.mock('node:os', async original => ({
  ...await original<object>(),
  hostname: () => 'gpu-7',
  networkInterfaces: () => ({
    lo: [{ address: '127.0.0.1', family: 'IPv4', internal: true }],
    eth0: [{ address: 'fe80::1', family: 'IPv6', internal: false }, { address: 'fd00::7', family: 'IPv6', internal: false }, { address: '10.1.2.3', family: 'IPv4', internal: false }],
  }),
}))

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

it.each([
  ['0.0.0.0', '10.1.2.3:8080'],
  ['::', '10.1.2.3:8080'],
  ['::', '[fd00::7]:8080'],
  ['0.0.0.0', 'gpu-7:8080'],
  ['fd00::7', '[fd00::7]:8080'],
])('that listens on %s answers to %s', (listens, host) => {
  expect(isOwnHost(host, namesOf(listens))).toBe(true)
  expect(isOwnHost('evil.example:8080', namesOf(listens))).toBe(false)
})

it('prints an address that other machines can ask for', () => {
  expect(namesOf('0.0.0.0')).toEqual(['10.1.2.3', '127.0.0.1', 'gpu-7'])
  expect(namesOf('::')[0]).toBe('10.1.2.3')
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
