import type { Front } from '#main/front/front.ts'
import type { PageServer } from '#main/server/server.ts'
import type { Connection } from '#shared/bridge.ts'
import type { EventName } from '#shared/contract.ts'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { limits } from '#main/security/limits.ts'
import { cookieName } from '#main/security/token.ts'
import { startPageServer } from '#main/server/server.ts'

const token = 'test-token-test-token'
let base: string
let server: PageServer
let origin: string
let front: ReturnType<typeof fakeFront>

/** Answers everything with what it was asked. */
function fakeFront(): Front & { tell: (event: EventName, payload: unknown) => void, become: (state: Connection) => void, asked: [string, unknown][] } {
  const events = new Set<(event: EventName, payload: unknown) => void>()
  const states = new Set<(state: Connection) => void>()
  let state: Connection = 'open'
  const asked: [string, unknown][] = []
  return {
    asked,
    dispatch: async (method, input) => {
      asked.push([method, input])
      return { ok: true, value: { method, input } }
    },
    onEvent: (listener) => {
      events.add(listener)
      return () => events.delete(listener)
    },
    onState: (listener) => {
      states.add(listener)
      return () => states.delete(listener)
    },
    state: () => state,
    current: () => null,
    open: async () => {},
    opened: async () => {},
    close: () => {},
    tell: (event, payload) => events.forEach(listener => listener(event, payload)),
    become: (next) => {
      state = next
      states.forEach(listener => listener(next))
    },
  }
}

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'facet-server-'))
  mkdirSync(join(base, 'page/assets'), { recursive: true })
  writeFileSync(join(base, 'page/index.html'), '<h1>Facet</h1>')
  writeFileSync(join(base, 'page/assets/a.js'), 'x')
  writeFileSync(join(base, 'secret'), 'secret')
  front = fakeFront()
  server = await startPageServer({ front, pageFolder: join(base, 'page'), port: 0, token })
  origin = new URL(server.address).origin
})
afterEach(async () => {
  await server.close()
  rmSync(base, { recursive: true })
})

interface Answer { status: number, headers: Record<string, string | string[] | undefined>, body: string }

/** A request with the path as written: fetch and URL would tidy `..` away. */
function ask(path: string, { headers = {}, method = 'GET', hasToken = true }: { headers?: Record<string, string>, method?: string, hasToken?: boolean } = {}): Promise<Answer> {
  const { hostname, port } = new URL(origin)
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers: { ...hasToken && cookie(), ...headers } }, async (response) => {
      let body = ''
      for await (const chunk of response)
        body += String(chunk)
      resolve({ status: response.statusCode!, headers: response.headers, body })
    }).on('error', reject).end()
  })
}

function cookie(given = token): { cookie: string } {
  return { cookie: `${cookieName(token)}=${given}` }
}

interface SocketOptions { path?: string, headers?: Record<string, string>, from?: string | undefined }

function open({ path = '/socket', headers = cookie(), from = origin }: SocketOptions = {}): WebSocket {
  return new WebSocket(`${origin.replace('http', 'ws')}${path}`, { headers, ...from && { origin: from } })
}

/** `open`, or the status it was refused with. */
function outcome(socket: WebSocket): Promise<'open' | number> {
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve('open'))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!))
    socket.on('error', reject)
  })
}

it('listens on this machine alone', () => {
  expect(new URL(origin).hostname).toBe('127.0.0.1')
})

it('changes the token in the address for a cookie that scripts cannot read', async () => {
  const { status, headers } = await ask(`/?token=${token}`, { hasToken: false })
  expect(status).toBe(303)
  expect(headers.location).toBe('/')
  expect(String(headers['set-cookie'])).toMatch(/^facet-[0-9a-f]{12}=test-token-test-token; HttpOnly; SameSite=Lax; Path=\/$/)
})

it('serves the page with its policy', async () => {
  const { status, headers, body } = await ask('/')
  expect([status, body]).toEqual([200, '<h1>Facet</h1>'])
  expect(headers['content-security-policy']).toContain('script-src \'self\'')
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect((await ask('/assets/a.js')).headers['content-type']).toContain('javascript')
})

it.each(['/', '/assets/a.js', '/?token=wrong', '/?token=', '/socket'])('tells nothing without the token: %s', async (path) => {
  const { status, body } = await ask(path, { hasToken: false })
  expect(status).toBe(401)
  expect(body).not.toContain(token)
})

it('refuses another host\'s name, even with the token (DNS rebinding)', async () => {
  expect((await ask('/', { headers: { host: 'evil.example' } })).status).toBe(421)
  const given = await ask(`/?token=${token}`, { hasToken: false, headers: { host: 'evil.example' } })
  expect([given.status, given.headers['set-cookie']]).toEqual([421, undefined])
  expect(await outcome(open({ headers: { ...cookie(), host: 'evil.example' }, from: 'http://evil.example' }))).toBe(421)
})

it.each(['/../secret', '/..%2fsecret', '/%2e%2e%2fsecret', '/assets/../../secret', '/assets/..%5c..%5csecret', '//secret', '/assets'])('lets no path leave the page\'s folder: %s', async (path) => {
  const { status, body } = await ask(path)
  expect(status).toBe(404)
  expect(body).not.toBe('secret')
})

it.each([['http://evil.example/', 400], ['*', 400], ['//[/', 404]])('answers nothing to %s', async (path, status) => {
  expect((await ask(path)).status).toBe(status)
})

it('does not send a browser elsewhere after the token', async () => {
  const { headers } = await ask(`//evil.example/?token=${token}`, { hasToken: false })
  expect(headers.location ?? '/').toBe('/')
})

it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('answers no %s', async (method) => {
  expect((await ask('/', { method })).status).toBe(405)
})

it('takes no endless header', async () => {
  const { status } = await ask('/', { headers: { 'x-long': 'x'.repeat(32 << 10) } })
  expect(status).toBe(431)
})

it('keeps the token out of what it writes', async () => {
  const written = [vi.spyOn(console, 'log'), vi.spyOn(console, 'error'), vi.spyOn(console, 'warn')]
  await ask(`/?token=${token}`, { hasToken: false })
  await ask('/missing')
  await outcome(open())
  for (const spy of written) {
    expect(JSON.stringify(spy.mock.calls)).not.toContain(token)
    spy.mockRestore()
  }
})

it('opens a socket to its own page', async () => {
  const socket = open()
  expect(await outcome(socket)).toBe('open')
  socket.send(JSON.stringify({ id: 1, method: 'runs.list', input: {} }))
  expect(JSON.parse(String((await once(socket, 'message'))[0]))).toEqual({ id: 1, reply: { ok: true, value: { method: 'runs.list', input: {} } } })
  front.tell('run.changed', { key: 'a' })
  expect(JSON.parse(String((await once(socket, 'message'))[0]))).toEqual({ event: 'run.changed', payload: { key: 'a' } })
})

const refused: [string, SocketOptions, number][] = [
  ['without the token', { headers: {} }, 401],
  ['with another token', { headers: cookie('wrong') }, 401],
  ['of a page elsewhere', { from: 'http://evil.example' }, 403],
  ['of another server of this machine', { from: 'http://127.0.0.1:1' }, 403],
  ['of a sandboxed frame', { from: 'null' }, 403],
  ['without an origin', { from: '' }, 403],
  ['at another path', { path: '/other' }, 404],
]
it.each(refused)('refuses a socket %s', async (_name, options, status) => {
  expect(await outcome(open(options))).toBe(status)
  expect(front.asked).toEqual([])
})

it.each([
  ['no JSON', 'hello'],
  ['no call', '{"id":1}'],
  ['a field too many', '{"id":1,"method":"runs.list","also":1}'],
  ['a negative id', '{"id":-1,"method":"runs.list"}'],
  ['an endless name', JSON.stringify({ id: 1, method: 'x'.repeat(200) })],
])('ends a connection that sends %s', async (_name, message) => {
  const socket = open()
  await outcome(socket)
  socket.send(message)
  await once(socket, 'close')
  expect(front.asked).toEqual([])
})

it('ends a connection that sends bytes, or too many', async () => {
  const bytes = open()
  await outcome(bytes)
  bytes.send(new Uint8Array(4))
  await once(bytes, 'close')
  const long = open()
  await outcome(long)
  long.on('error', () => {})
  long.send('x'.repeat(limits.messageBytes + 1))
  await once(long, 'close')
  expect(front.asked).toEqual([])
})

it('opens a limited number of windows', async () => {
  const sockets = Array.from({ length: limits.connections }, () => open())
  expect(new Set(await Promise.all(sockets.map(outcome)))).toEqual(new Set(['open']))
  expect(await outcome(open())).toBe(503)
  sockets[0]!.terminate()
  await vi.waitFor(async () => expect(await outcome(open())).toBe('open'))
})

it('drops a client that reads nothing', async () => {
  const { hostname, port } = new URL(origin)
  const slow = connect(Number(port), hostname)
  slow.on('error', () => {})
  await once(slow, 'connect')
  slow.write(`GET /socket HTTP/1.1\r\nHost: ${hostname}:${port}\r\nOrigin: ${origin}\r\nCookie: ${cookie().cookie}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`)
  await once(slow, 'data')
  slow.pause()
  const closed = once(slow, 'close')
  const payload = 'x'.repeat(8 << 20)
  for (let i = 0; i < 12; i++)
    front.tell('run.changed', { payload })
  slow.resume()
  await closed
})

it('sends pages away while the host is lost, and takes them back', async () => {
  const socket = open()
  await outcome(socket)
  front.become('lost')
  expect((await once(socket, 'close'))[0]).toBe(4001)
  expect(await outcome(open())).toBe(503)
  front.become('open')
  expect(await outcome(open())).toBe('open')
})

it('says that a port is taken', async () => {
  await expect(startPageServer({ front, pageFolder: base, port: Number(new URL(origin).port) })).rejects.toMatchObject({ code: 'conflict', hint: expect.stringContaining('--port') })
})

it('ends with open connections', async () => {
  const socket = open()
  await outcome(socket)
  get(origin).on('error', () => {})
  await server.close()
  server = await startPageServer({ front, pageFolder: base, port: 0 })
})
