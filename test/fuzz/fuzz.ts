import type { FuzzTarget } from './target.ts'
import { Buffer } from 'node:buffer'
import process from 'node:process'
import fc from 'fast-check'
import { FacetError } from '#shared/errors.ts'
import { refused } from './target.ts'

/** How one parser did. */
export interface Outcome {
  parser: string
  inputs: number
  refused: number
  accepted: number
  /** Processor time of the input that took longest. */
  slowestMs: number
  findings: Finding[]
}

/** What went against the rule: a value or a FacetError, soon, and every prototype as it was. */
export interface Finding { what: string, input: string, seed: number }

/** Inputs between two reports of progress; a finding names the seed of its stretch. */
const stretch = 500
/** Most processor time of one input: wall time says nothing on a machine that does other work. */
const slowMs = 1000
const shownCharacters = 600

/**
 * Gives a parser inputs until it had so many, or the time is over.
 *
 * @param target   the parser
 * @param options
 * @param options.inputs   how many
 * @param options.seed     where the first stretch begins; the next ones count on
 * @param options.limitMs  when to stop in any case
 * @param options.onProgress  told after each stretch
 */
export async function fuzz(target: FuzzTarget, { inputs, seed, limitMs = Infinity, onProgress }: { inputs: number, seed: number, limitMs?: number, onProgress?: (outcome: Outcome) => void }): Promise<Outcome> {
  const outcome: Outcome = { parser: target.name, inputs: 0, refused: 0, accepted: 0, slowestMs: 0, findings: [] }
  const endAt = Date.now() + limitMs
  for (let from = 0; from < inputs && Date.now() < endAt; from += stretch) {
    const property = fc.asyncProperty(target.input, input => readOne(target, input, outcome))
    const details = await fc.check(property, { numRuns: Math.min(stretch, inputs - from), seed: seed + from, endOnFailure: true, interruptAfterTimeLimit: 60_000 })
    if (details.failed && details.counterexample) {
      outcome.findings.push({
        what: details.errorInstance instanceof Error ? whatOf(details.errorInstance) : String(details.errorInstance),
        input: shorten(target.show?.(details.counterexample[0]) ?? show(details.counterexample[0])),
        seed: seed + from,
      })
    }
    onProgress?.(outcome)
  }
  return outcome
}

async function readOne(target: FuzzTarget, input: unknown, outcome: Outcome): Promise<void> {
  const before = process.cpuUsage()
  outcome.inputs++
  try {
    const value = await target.read(input)
    if (value === refused)
      outcome.refused++
    else
      outcome.accepted++
    requirePlain(value)
  }
  catch (error) {
    if (!(error instanceof FacetError) || error.message.startsWith('internal'))
      throw error
    outcome.refused++
  }
  const { user, system } = process.cpuUsage(before)
  const ms = (user + system) / 1000
  outcome.slowestMs = Math.max(outcome.slowestMs, ms)
  if (ms > slowMs)
    throw new Error(`took ${ms.toFixed(0)} ms`)
  requireCleanPrototypes()
}

const guarded = { Object: Object.prototype, Array: Array.prototype, String: String.prototype, Function: Function.prototype, Number: Number.prototype }
const known = Object.values(guarded).map(prototype => new Set(Reflect.ownKeys(prototype)))

/** Throws where a prototype that everything shares has got something new, and takes it away again. */
function requireCleanPrototypes(): void {
  Object.entries(guarded).forEach(([name, prototype], i) => {
    const added = Reflect.ownKeys(prototype).filter(key => !known[i]!.has(key))
    for (const key of added)
      Reflect.deleteProperty(prototype, key)
    if (added.length > 0)
      throw new Error(`${name}.prototype got ${added.map(String).join(', ')}`)
  })
}

/** Throws where a record in a value inherits what the input said. */
function requirePlain(value: unknown): void {
  const stack = [value]
  for (let looked = 0; stack.length > 0 && looked < 2000; looked++) {
    const one = stack.pop()
    if (one === null || typeof one !== 'object' || ArrayBuffer.isView(one))
      continue
    const prototype = Object.getPrototypeOf(one) as object | null
    if (prototype !== null && Object.getPrototypeOf(prototype) === Object.prototype && !Object.hasOwn(prototype, 'constructor'))
      throw new Error(`a record inherits ${Object.keys(prototype).join(', ') || 'from the input'}`)
    stack.push(...(one instanceof Map ? one.values() : Object.values(one)))
  }
}

function whatOf(error: Error): string {
  const line = error.stack?.split('\n').find(text => text.includes('/src/'))?.trim() ?? ''
  return `${error.name}: ${error.message.slice(0, 200)} ${line}`.trim()
}

function show(input: unknown): string {
  return JSON.stringify(input, (_, value: unknown) => isBytes(value) ? `base64:${Buffer.from(value.data).toString('base64')}` : value)
}

/** A Buffer as JSON.stringify hands it on. */
function isBytes(value: unknown): value is { type: 'Buffer', data: number[] } {
  return value !== null && typeof value === 'object' && (value as { type?: unknown }).type === 'Buffer'
}

function shorten(text: string): string {
  return text.length > shownCharacters
    ? `${text.slice(0, shownCharacters)} … (${text.length} characters)`
    : text
}
