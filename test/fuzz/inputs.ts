import type { Arbitrary } from 'fast-check'
import { Buffer } from 'node:buffer'
import fc from 'fast-check'

/** Words that mean something to a parser, a file system, a spreadsheet, a browser or JavaScript itself. */
const words = [
  '',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'length',
  '..',
  '../../secret',
  '/etc/passwd',
  'C:\\secret',
  '%2e%2e%2f',
  'a\0b',
  '=1+1',
  '@SUM(1)',
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  '\u202Egnp.exe',
  '\uD800',
  '\u001B[2J',
  'NaN',
  'Infinity',
  '-0',
  '1e999',
  '9007199254740993',
  'null',
  '${data}',
  'x'.repeat(3000),
]

export const nastyText: Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...words) },
  { weight: 2, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: 'binary' }) },
)

export const nastyNumber: Arbitrary<number> = fc.oneof(
  fc.constantFrom(0, -0, -1, 1, 1.5, 255, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e308, Number.MIN_VALUE),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

/** Any JSON, with keys that JavaScript knows, and sometimes nested deeper than a stack is. */
export const nastyJson: Arbitrary<unknown> = fc.letrec<{ value: unknown, leaf: unknown }>(tie => ({
  leaf: fc.oneof(nastyText, nastyNumber, fc.boolean(), fc.constant(null)),
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(nastyText, tie('value')), { maxLength: 4 }).map(entries => Object.fromEntries(entries)),
  ),
})).value

/** `[[[...]]]` or `{"a":{"a":...}}` as text. */
export const deepText: Arbitrary<string> = fc.record({ depth: fc.constantFrom(10, 100, 1000, 20_000), isList: fc.boolean() }).map(({ depth, isList }) => isList
  ? `${'['.repeat(depth)}${']'.repeat(depth)}`
  : `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`)

interface Edit { at: number, action: 'replace' | 'remove' | 'add', key: string, value: unknown }
const edit: Arbitrary<Edit> = fc.record({
  at: fc.nat(),
  action: fc.constantFrom('replace', 'replace', 'remove', 'add'),
  key: nastyText,
  value: nastyJson,
})

/** Valid documents with a few values replaced, removed and added. */
export function changedJson(samples: readonly unknown[]): Arbitrary<unknown> {
  return fc.record({ sample: fc.constantFrom(...samples), edits: fc.array(edit, { maxLength: 3 }) })
    .map(({ sample, edits }) => edits.reduce<unknown>(applyEdit, structuredClone(sample)))
}

/** JSON as text: changed documents, any JSON, what nests too deep, what is cut off. */
export function jsonText(samples: readonly unknown[]): Arbitrary<string> {
  const whole = fc.oneof(
    { weight: 6, arbitrary: changedJson(samples).map(value => JSON.stringify(value) ?? 'null') },
    { weight: 2, arbitrary: nastyJson.map(value => JSON.stringify(value)) },
    { weight: 1, arbitrary: deepText },
    { weight: 1, arbitrary: nastyText },
  )
  return fc.oneof(
    { weight: 5, arbitrary: whole },
    { weight: 1, arbitrary: fc.tuple(whole, fc.nat()).map(([text, at]) => text.slice(0, at % (text.length + 1))) },
  )
}

function applyEdit(root: unknown, { at, action, key, value }: Edit): unknown {
  const places: [object, string][] = []
  const walk = (node: unknown): void => {
    if (node === null || typeof node !== 'object')
      return
    for (const name of Object.keys(node)) {
      places.push([node, name])
      walk((node as Record<string, unknown>)[name])
    }
  }
  walk(root)
  const place = places[at % (places.length + 1)]
  if (!place)
    return action === 'replace' ? value : root
  const [parent, name] = place
  if (action === 'remove')
    delete (parent as Record<string, unknown>)[name]
  else
    Object.defineProperty(parent, action === 'add' && !Array.isArray(parent) ? key : name, { value, enumerable: true, configurable: true, writable: true })
  return root
}

/** Valid texts with tokens of their language thrown in, parts repeated, removed and swapped. */
export function changedText(samples: readonly string[], tokens: readonly string[]): Arbitrary<string> {
  const change = fc.record({
    at: fc.nat(),
    length: fc.oneof(fc.constant(0), fc.nat(12), fc.nat(200)),
    by: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...tokens) }, { weight: 1, arbitrary: nastyText }),
    times: fc.constantFrom(1, 1, 1, 1, 2, 300),
  })
  return fc.record({ sample: fc.constantFrom(...samples), changes: fc.array(change, { minLength: 1, maxLength: 4 }) }).map(({ sample, changes }) => changes.reduce((text, { at, length, by, times }) => {
    const from = at % (text.length + 1)
    return text.slice(0, from) + by.repeat(times) + text.slice(from + length)
  }, sample))
}

/** Valid files with bytes flipped, numbers made absurd, parts cut out, doubled and put in. */
export function changedBytes(samples: readonly Buffer[]): Arbitrary<Buffer> {
  const absurd = [0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 100_000, 0x01000000]
  const change = fc.record({
    at: fc.oneof({ weight: 2, arbitrary: fc.nat(80) }, { weight: 1, arbitrary: fc.nat() }), // headers stand in front
    action: fc.constantFrom('flip', 'byte', 'number', 'number', 'cut', 'double', 'insert', 'end'),
    value: fc.oneof(fc.constantFrom(...absurd), fc.nat(0xFFFFFFFF)),
    isBig: fc.boolean(),
    length: fc.nat(40),
  })
  return fc.record({ sample: fc.constantFrom(...samples), changes: fc.array(change, { minLength: 1, maxLength: 4 }) }).map(({ sample, changes }) => {
    let bytes = Buffer.from(sample)
    for (const { at: place, action, value, isBig, length } of changes) {
      const at = place % (bytes.length + 1)
      const [head, tail] = [bytes.subarray(0, at), bytes.subarray(at)]
      if (action === 'flip' && tail.length > 0)
        tail[0]! ^= 1 << (value % 8)
      else if (action === 'byte' && tail.length > 0)
        tail[0] = value % 256
      else if (action === 'number' && tail.length >= 4)
        isBig ? tail.writeUInt32BE(value) : tail.writeUInt32LE(value)
      else if (action === 'cut')
        bytes = Buffer.concat([head, tail.subarray(length)])
      else if (action === 'double')
        bytes = Buffer.concat([head, tail.subarray(0, length), tail])
      else if (action === 'insert')
        bytes = Buffer.concat([head, Buffer.alloc(length, value % 256), tail])
      else if (action === 'end')
        bytes = Buffer.from(head)
    }
    return bytes
  })
}
