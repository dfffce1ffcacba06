import { expect, it } from 'vitest'
import { z } from 'zod'
import { dispatch } from '#main/dispatch.ts'
import { limits } from '#main/security/limits.ts'
import { readCall, readMessage } from '#main/security/messages.ts'
import { methods } from '#shared/contract.ts'

it('reads a call', () => {
  expect(readCall('{"id":1,"method":"runs.list","input":{"limit":2}}')).toEqual({ id: 1, method: 'runs.list', input: { limit: 2 } })
})

it.each([
  ['lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
  ['groups', `${'{"a":'.repeat(limits.messageDepth + 1)}1${'}'.repeat(limits.messageDepth + 1)}`],
  ['lists without an end', '['.repeat(1_000_000)],
])('refuses %s nested too deep', (_name, text) => {
  expect(readMessage(text)).toBeUndefined()
  expect(readCall(`{"id":1,"method":"datasets.add","input":${text}}`)).toBeNull()
})

it('takes what is as deep as allowed, and brackets in texts', () => {
  const deep = `${'['.repeat(limits.messageDepth)}${']'.repeat(limits.messageDepth)}`
  expect(JSON.stringify(readMessage(deep))).toBe(deep)
  const brackets = JSON.stringify({ text: `\\"${'['.repeat(1000)}`, more: '\\' })
  expect(readMessage(brackets)).toEqual(JSON.parse(brackets))
})

it.each([
  '{"id":1,"method":"datasets.add","input":{"__proto__":{"polluted":true}}}',
  '{"id":1,"method":"datasets.add","input":{"options":[{"\\u005f_proto__":{"polluted":true}}]}}',
  '{"__proto__":{"id":1,"method":"runs.list"}}',
])('refuses a field that a copy would take for the prototype: %s', (text) => {
  expect(readCall(text)).toBeNull()
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

it('gives a field called constructor to the schema, which knows none', () => {
  expect(readCall('{"id":1,"method":"runs.list","constructor":1}')).toBeNull()
  expect(readCall('{"id":1,"method":"runs.list","input":{"constructor":{"prototype":{"polluted":true}}}}')).not.toBeNull()
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
})

it('reads a photograph of the largest size in one go', () => {
  const text = JSON.stringify({ id: 1, method: 'try.predict', input: { photograph: 'A'.repeat(32 << 20) } })
  expect(readCall(text)?.method).toBe('try.predict')
})

it('refuses what no bound can be compared with, as any other wrong input', async () => {
  for (const [method, { input }] of Object.entries(methods)) {
    for (const value of [{ toString: 1 }, [{ valueOf: null, toString: null }], Object.create(null)]) {
      const fields = input instanceof z.ZodObject ? Object.fromEntries(Object.keys(input.shape).map(name => [name, value])) : value
      const reply = await dispatch({ handlers: {}, refuseWrites: null }, method, fields)
      expect([method, reply.ok, reply.ok || reply.problem.code]).toEqual([method, false, expect.stringMatching(/usage|internal/)])
      if (!reply.ok && reply.problem.code === 'internal')
        expect(reply.problem.message).toBe(`internal: nobody answers ${method}.`)
    }
  }
})
