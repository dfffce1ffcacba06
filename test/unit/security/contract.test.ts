import type { Method } from '#shared/contract.ts'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { dispatch } from '#main/dispatch.ts'
import { parts } from '#main/handlers/index.ts'
import { methods } from '#shared/contract.ts'
import { Key, Name, Path } from '#shared/contract/method.ts'
import { frontCalls } from '#shared/desktop.ts'
import { FacetError } from '#shared/errors.ts'
import { openData } from '../handlers/data-fixture.ts'

/**
 * What may stand in a text of the contract. A text that is none of these is a name of something which the workspace looks up in
 * its database or lists, never a file: each is listed below, so that a new one has to be thought about.
 */
type Rule = 'path' | 'key' | 'name' | 'lookup' | 'free' | 'bytes'
/** By the field's name: what is looked up, and texts that name nothing. */
const lookups = ['name', 'study', 'format', 'kind', 'metric', 'metrics', 'rows', 'columns', 'reference', 'row', 'column', 'embedding.node', 'knowledge', 'teacher', 'extensions', 'by', 'filter.method', 'filter.data', 'filter.task']
const free = ['text', 'set', 'options', 'title', 'licence', 'paper', 'trainedOn', 'contaminates', 'knowledge']

interface Schema { type?: string, properties?: Record<string, Schema>, items?: Schema, prefixItems?: Schema[], additionalProperties?: Schema | boolean, anyOf?: Schema[], oneOf?: Schema[], enum?: unknown[], const?: unknown, pattern?: string, format?: string, contentEncoding?: string }
const patternOf = (schema: z.ZodType): string => (z.toJSONSchema(schema) as Schema).pattern!
const patterns = { path: patternOf(Path), key: patternOf(Key), name: patternOf(Name) }

/** Every text that an input may hold, with the way to it. */
function textsOf(schema: Schema, way: string[] = []): { way: string[], schema: Schema }[] {
  if (schema.enum || schema.const !== undefined)
    return []
  const parts = [...schema.anyOf ?? [], ...schema.oneOf ?? [], ...schema.prefixItems ?? [], ...schema.items ? [schema.items] : []].flatMap(part => textsOf(part, way))
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => textsOf(field, [...way, name]))
  const any = typeof schema.additionalProperties === 'object' ? [{ way, schema: { type: 'string' } }] : []
  return [...parts, ...fields, ...any, ...schema.type === 'string' ? [{ way, schema }] : []]
}

function ruleOf(way: string[], { pattern, format, contentEncoding }: Schema): Rule | null {
  if (pattern === patterns.path)
    return 'path'
  if (pattern?.startsWith('^[0-9a-f]'))
    return 'key'
  if (pattern !== undefined && new RegExp(pattern).test('a-name') && !['/', '.', '..', 'a/b', 'a\\b', 'a\0', ''].some(text => new RegExp(pattern).test(text)))
    return 'name'
  if (format === 'base64' || contentEncoding === 'base64')
    return 'bytes'
  const field = way.at(-1) ?? ''
  if (lookups.includes(field) || lookups.includes(way.slice(-2).join('.')))
    return 'lookup'
  return free.includes(field) ? 'free' : null
}

const texts = [
  ...Object.entries(methods).map(([name, { input }]) => [name, input] as const),
  ...Object.entries(frontCalls).map(([name, { input }]) => [`front.${name}`, input] as const),
].flatMap(([name, input]) => textsOf(z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' }) as Schema).map(({ way, schema }) => ({ name, way, rule: ruleOf(way, schema) })))

describe('a text in an input of the contract', () => {
  it('has a rule, each of them', () => {
    expect(texts.filter(({ rule }) => rule === null).map(({ name, way }) => `${name} ${way.join('.')}`), 'name a file by Path, a thing of the workspace by Name or Key, or say here what it is').toEqual([])
    expect(texts.length).toBeGreaterThan(60)
  })

  it('that is called a path is held to be one', () => {
    const called = texts.filter(({ way }) => /path|folder|directory|into|image|^model$/i.test(way.at(-1) ?? ''))
    expect(called.filter(({ rule }) => rule !== 'path')).toEqual([])
    expect(called.length).toBeGreaterThan(10)
  })

  it.each(['relative', '', '..', '/a/../b', '/..', '/a/..', '/a\0b', `/${'a'.repeat(5000)}`, '/a\n/../b', '~', 'file:///etc/passwd', 'C:\\x'])('is no path where it is %j', (text) => {
    expect(Path.safeParse(text).success).toBe(false)
  })

  it.each(['/', '/a', '/a/b c/ü.jpg', '/a/..b/c..', '/a/...'])('is a path where it is %j', text => expect(Path.safeParse(text).success).toBe(true))
})

describe('in a workspace', () => {
  let data: ReturnType<typeof openData>
  let outside: string
  const secret = 'a secret that nobody asked for'
  /** Names that lead to the secret from each folder of the workspace. */
  const attacks = ['../secret', '../../secret', '../../../secret', '../../secret.yaml', '..', '.', '/etc/passwd', 'a/../../../secret', '..%2fsecret', '..\\secret', 'x\0', '__proto__', 'constructor', '']
  beforeAll(() => {
    data = openData()
    const absent = new FacetError('conflict', 'There is no runner here.')
    data.core.runner = new Proxy({}, { get: () => () => { throw absent } }) as typeof data.core.runner
    outside = data.folder
    for (const name of ['secret', 'secret.yaml', 'secret.sqlite'])
      writeFileSync(join(outside, name), secret)
    mkdirSync(join(outside, 'secret.d'))
  })
  afterAll(() => data.close())

  const named = texts.filter(({ name, rule }) => Object.hasOwn(methods, name) && ['key', 'name', 'lookup'].includes(rule!))
  it.each([...new Set(named.map(({ name }) => name))] as Method[])('%s follows no name out of it', async (method) => {
    const before = readdirSync(outside, { recursive: true }).filter(name => !String(name).startsWith('workspace/')).sort()
    const handlers = Object.assign({}, ...parts.map(part => part(data.core))) as object
    for (const { way } of named.filter(({ name }) => name === method)) {
      for (const attack of attacks) {
        const reply = await dispatch({ handlers, refuseWrites: null }, method, inputWith(method, way, attack))
        expect(JSON.stringify(reply)).not.toContain(secret)
        if (!reply.ok && reply.problem.code === 'internal')
          throw new Error(`${method} ${way.join('.')} ${JSON.stringify(attack)}: ${reply.problem.message}`)
      }
    }
    expect(readdirSync(outside, { recursive: true }).filter(name => !String(name).startsWith('workspace/')).sort()).toEqual(before)
    for (const name of ['secret', 'secret.yaml', 'secret.sqlite'])
      expect(existsSync(join(outside, name)) && readFileSync(join(outside, name), 'utf8')).toBe(secret)
  })
})

/** An input that its schema takes but for one text. */
function inputWith(method: Method, way: string[], attack: string): unknown {
  const fill = (schema: Schema, rest: string[]): unknown => {
    const part = schema.anyOf?.[0] ?? schema.oneOf?.[0]
    if (part)
      return fill(part, rest)
    if (schema.const !== undefined || schema.enum)
      return schema.const ?? schema.enum![0]
    switch (schema.type) {
      case 'object': return Object.fromEntries(Object.entries(schema.properties ?? {}).map(([name, field]) => [name, fill(field, rest[0] === name ? rest.slice(1) : ['-'])]))
      case 'array': return [fill(schema.items ?? schema.prefixItems?.[0] ?? {}, rest), fill(schema.items ?? {}, ['-'])]
      case 'string': return rest.length === 0 ? attack : schema.pattern === patterns.path ? '/nowhere' : 'a'.repeat(64)
      case 'integer':
      case 'number': return 64
      case 'boolean': return false
      default: return undefined
    }
  }
  return fill(z.toJSONSchema(methods[method].input, { io: 'input', unrepresentable: 'any' }) as Schema, way)
}
