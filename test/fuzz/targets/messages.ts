import type { Socket } from 'node:net'
import type { Front } from '#main/front/front.ts'
import type { Method } from '#shared/contract.ts'
import type { DesktopCall, FrontCall } from '#shared/desktop.ts'
import { Buffer } from 'node:buffer'
import { IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import fc from 'fast-check'
import { z } from 'zod'
import { dispatch } from '#main/dispatch.ts'
import { parseInput } from '#main/security/inputs.ts'
import { readCall } from '#main/security/messages.ts'
import { cookieName } from '#main/security/token.ts'
import { createPageSockets } from '#main/server/sockets.ts'
import { methods } from '#shared/contract.ts'
import { desktopCalls, frontCalls } from '#shared/desktop.ts'
import { changedJson, jsonText, nastyJson, nastyText } from '../inputs.ts'
import { declareTarget, refused } from '../target.ts'

/** A value that a schema takes, as far as its JSON Schema tells; the fuzzer changes it. */
function sampleOf(schema: z.ZodType): unknown {
  return fromJsonSchema(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema)
}

interface Schema { type?: string, properties?: Record<string, Schema>, items?: Schema, anyOf?: Schema[], oneOf?: Schema[], enum?: unknown[], const?: unknown, default?: unknown, pattern?: string, minimum?: number, minItems?: number, prefixItems?: Schema[] }
function fromJsonSchema(schema: Schema): unknown {
  const one = schema.anyOf?.[0] ?? schema.oneOf?.[0]
  if (one)
    return fromJsonSchema(one)
  if (schema.const !== undefined)
    return schema.const
  if (schema.enum)
    return schema.enum[0]
  switch (schema.type) {
    case 'object': return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, property]) => [name, fromJsonSchema(property)]))
    case 'array': return schema.prefixItems?.map(fromJsonSchema) ?? Array.from({ length: Math.max(1, schema.minItems ?? 1) }, () => fromJsonSchema(schema.items ?? {}))
    case 'string': return schema.pattern?.startsWith('^[0-9a-f]') ? 'a'.repeat(64) : schema.pattern?.startsWith('^\\/') ? '/folder' : 'name'
    case 'integer':
    case 'number': return Math.max(2, schema.minimum ?? 2)
    case 'boolean': return true
    default: return undefined
  }
}

const names = Object.keys(methods) as Method[]
const contract = names.map(method => ({ id: 1, method: method as string, input: sampleOf(methods[method].input) }))
/** Handlers that answer what they were given, so that whatever passes the gate is seen. */
const echo = Object.fromEntries(names.map(name => [name, (input: unknown) => input ?? null]))

export const calls = declareTarget({
  name: 'calls of the contract',
  input: fc.oneof({ weight: 3, arbitrary: jsonText(contract) }, { weight: 1, arbitrary: fc.record({ id: fc.constant(1), method: fc.oneof(fc.constantFrom(...names), nastyText), input: nastyJson }).map(call => JSON.stringify(call)) }),
  read: async (text) => {
    const call = readCall(text)
    if (!call)
      return refused
    const reply = await dispatch({ handlers: echo, refuseWrites: null }, call.method, call.input)
    JSON.stringify(reply)
    if (!reply.ok && reply.problem.code !== 'usage')
      throw new Error(`${reply.problem.code}: ${reply.problem.message}`)
    return reply.ok ? reply.value : refused
  },
})

/** What a page may ask beside the contract. */
const around = [
  ...(Object.keys(desktopCalls) as DesktopCall[]).map(name => desktopCalls[name].input as z.ZodType),
  ...(Object.keys(frontCalls) as FrontCall[]).map(name => frontCalls[name].input as z.ZodType),
]
export const desktopInputs = declareTarget({
  name: 'calls of desktop and front',
  input: fc.nat(around.length - 1).chain(i => fc.record({ i: fc.constant(i), input: changedJson([sampleOf(around[i]!)]) })),
  read: ({ i, input }) => parseInput(around[i]!, input, 'fuzz'),
})

const token = 'a-token-of-the-fuzzer'
const asked: string[] = []
const front = {
  dispatch: async (method: string) => {
    asked.push(method)
    return { ok: true, value: null }
  },
  onEvent: () => () => {},
  onState: () => () => {},
  state: () => 'open',
} as unknown as Front

/** A frame of RFC 6455 as a browser sends it, masked; its head may lie. */
const frame = fc.record({
  payload: fc.oneof(jsonText(contract).map(text => Buffer.from(text)), fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes))),
  head: fc.oneof({ weight: 4, arbitrary: fc.constant(0x81) }, fc.nat(255)),
  isMasked: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.boolean()),
  claim: fc.oneof({ weight: 6, arbitrary: fc.constant(null) }, fc.constantFrom(0n, 1n, 125n, 70_000n, 2n ** 31n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n)),
  mask: fc.uint8Array({ minLength: 4, maxLength: 4 }),
}).map(({ payload, head, isMasked, claim, mask }) => {
  const length = claim ?? BigInt(payload.length)
  const bit = isMasked ? 0x80 : 0
  const lengths = length < 126n
    ? Buffer.from([bit | Number(length)])
    : length < 65_536n
      ? Buffer.from([bit | 126, Number(length >> 8n), Number(length & 255n)])
      : (() => {
          const long = Buffer.alloc(9)
          long[0] = bit | 127
          long.writeBigUInt64BE(length, 1)
          return long
        })()
  return Buffer.concat([Buffer.from([head]), lengths, ...isMasked ? [Buffer.from(mask)] : [], isMasked ? payload.map((byte, i) => byte ^ mask[i % 4]!) : payload])
})

export const frames = declareTarget({
  name: 'WebSocket frames',
  input: fc.array(frame, { minLength: 1, maxLength: 3 }),
  show: frames => Buffer.concat(frames).toString('base64'),
  read: async (frames) => {
    const sockets = createPageSockets(front, { token, hostNames: [] })
    const wire = new Wire()
    const request = new IncomingMessage(wire as unknown as Socket)
    Object.assign(request, { method: 'GET', url: '/socket' })
    Object.assign(request.headers, { 'host': '127.0.0.1:1', 'origin': 'http://127.0.0.1:1', 'cookie': `${cookieName(token)}=${token}`, 'upgrade': 'websocket', 'connection': 'Upgrade', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' })
    asked.length = 0
    try {
      sockets.upgrade(request, wire as unknown as Duplex, Buffer.alloc(0))
      for (const bytes of frames)
        wire.push(bytes)
      for (let turn = 0; turn < 3 && !wire.destroyed; turn++)
        await new Promise(resolve => setImmediate(resolve))
      return asked.length > 0 ? [...asked] : refused
    }
    finally {
      sockets.close()
      wire.destroy()
    }
  },
})

/** The server's end of a connection that has no other end. */
class Wire extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: string, done: () => void): void { done() }
  setTimeout(): this { return this }
  setNoDelay(): this { return this }
}
