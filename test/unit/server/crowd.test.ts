import type { Socket } from 'node:net'
import type { Front } from '#main/front/front.ts'
import type { PageServer } from '#main/server/server.ts'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { limits } from '#main/security/limits.ts'
import { cookieName } from '#main/security/token.ts'
import { startPageServer } from '#main/server/server.ts'

const token = 'test-token-test-token'
const cookie = `${cookieName(token)}=${token}`
const front = {
  dispatch: async (method: string) => ({ ok: true, value: method }),
  onEvent: () => () => {},
  onState: () => () => {},
  state: () => 'open',
} as unknown as Front
let folder: string
let server: PageServer
let port: number

vi.mock(import('#main/security/limits.ts'), async (original) => {
  const actual = await original()
  return { ...actual, limits: { ...actual.limits, headersMs: 1_000, requestMs: 1_500, silenceMs: 3_000 } as unknown as typeof actual.limits }
})

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-crowd-'))
  writeFileSync(join(folder, 'index.html'), '<h1>Facet</h1>')
  server = await startPageServer({ front, pageFolder: folder, port: 0, token })
  port = Number(new URL(server.address).port)
})
afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Connections that say something or nothing, and how many of them are still open. */
async function strangers(count: number, said = ''): Promise<{ sockets: Socket[], open: () => number }> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  await Promise.all(sockets.map(async (socket) => {
    socket.on('error', () => {}).resume()
    await once(socket, 'connect')
    socket.write(said)
  }))
  return { sockets, open: () => sockets.filter(socket => !socket.closed).length }
}

function ask(): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path: '/', headers: { cookie } }, (response) => {
      response.resume()
      resolve(response.statusCode!)
    }).on('error', reject).end()
  })
}

it('answers who has the token while 1,000 connections say nothing, and keeps a bounded number of them', async () => {
  const window = new WebSocket(`ws://127.0.0.1:${port}/socket`, { headers: { cookie }, origin: `http://127.0.0.1:${port}` })
  await once(window, 'open')
  const { sockets, open } = await strangers(1_000)
  await vi.waitFor(() => expect(open()).toBeLessThanOrEqual(limits.strangers))
  expect(open()).toBeGreaterThan(0)
  expect(await Promise.all(Array.from({ length: 20 }, ask))).toEqual(Array.from({ length: 20 }).fill(200))
  window.send(JSON.stringify({ id: 1, method: 'runs.list' }))
  expect(JSON.parse(String((await once(window, 'message'))[0]))).toMatchObject({ id: 1, reply: { ok: true } })
  window.terminate()
  sockets.forEach(socket => socket.destroy())
})

it('closes connections whose headers come a byte at a time', async () => {
  const { sockets, open } = await strangers(3, 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ')
  const drip = setInterval(() => sockets.forEach(socket => socket.writable && socket.write('a')), 100)
  await sleep(500)
  expect(open()).toBe(3)
  await vi.waitFor(() => expect(open()).toBe(0), { timeout: 10_000 })
  clearInterval(drip)
})

it('closes connections whose body does not come', async () => {
  const { open } = await strangers(3, `POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${cookie}\r\nContent-Length: 1000000\r\n\r\nabc`)
  await vi.waitFor(() => expect(open()).toBe(0), { timeout: 10_000 })
})
