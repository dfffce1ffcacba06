import type { BenchCase, BenchName } from '#shared/bench.ts'

/** Plain data that says what the work is; every contender of a case gets the same. */
export type Work = Record<string, number | string>

/** Peers that are no dependencies of Facet: `facet bench --peers` installs them in the user's cache. */
export type PeerPackage = 'torch' | 'onnx' | 'onnxruntime'

/** Who does the work. Node contenders are modules in contenders/, Python ones scripts in scripts/bench/. */
export type Contender = {
  name: string
  /** The ratio to reach against it. */
  target?: number
} & (
  | { kind: 'node', module: string, needs?: PeerPackage, work?: Work }
  | { kind: 'python', script: string, needs: 'torch' | 'onnxruntime', work?: Work }
  /** A part of what our own contender did in the same turn, as it timed it. */
  | { kind: 'part', part: string }
)

/** One comparison: our own contender first. */
export interface Case extends Pick<BenchCase, 'title' | 'piece' | 'compare'> {
  work: Work
  megabytes?: number
  /** Pieces in one call of a contender. */
  pieces?: number
  contenders: [Extract<Contender, { kind: 'node' }>, ...Contender[]]
}

/** One bench: a file that says what is compared. `cases` is asked when the bench runs, with the folder of real photographs if there is one. */
export interface Bench { name: BenchName, summary: string, cases: (setting: { photographs: string | null }) => Case[] }

/** A contender at the start: it has loaded and built everything. */
export interface Started {
  /** Does the work once. May say how long parts of it took, in milliseconds. */
  run: () => void | Record<string, number> | Promise<void | Record<string, number>>
  /** Of the library that does the work. */
  version: string
}

/** What a module in contenders/ exports. */
export type Start = (work: Work) => Started | Promise<Started>

/** A number or text of the work; a contender that asks for what the case does not say is our own mistake. */
export function read(work: Work, name: string): number {
  const value = work[name]
  if (typeof value !== 'number')
    throw new TypeError(`internal: the work has no number "${name}"`)
  return value
}

export function readText(work: Work, name: string): string {
  const value = work[name]
  if (typeof value !== 'string')
    throw new TypeError(`internal: the work has no text "${name}"`)
  return value
}
