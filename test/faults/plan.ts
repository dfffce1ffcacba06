import { Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { root, setupPaths } from '../../scripts/setup/paths.mjs'

/** What happens at the chosen operation; the numbers are shim.cpp's. */
export const kinds = { 'kill before': 1, 'kill after': 2, 'torn': 3, 'full': 4, 'broken': 5 } as const
export type Kind = keyof typeof kinds

/** Which operations count: of processes whose command line holds `process`, on paths below the workspace that hold `match`. */
export interface Aim { process: string, match?: string }

const layout = { count: 0, at: 8, kind: 16, struck: 20, process: 24, match: 120, root: 216, size: 472 }

/** The moment of a fault, in memory shared with the processes that it may strike: a file that shim.cpp maps. */
export class FaultPlan {
  readonly #file: number
  /** What a process needs in its environment to be struck. */
  readonly env: Record<string, string>

  constructor(path: string, shim: string, root: string) {
    writeFileSync(path, Buffer.alloc(layout.size))
    this.#file = openSync(path, 'r+')
    this.env = { LD_PRELOAD: shim, FACET_FAULT_PLAN: path }
    this.#text(layout.root, root, 256)
  }

  /** From now on counts what `aim` names; where a kind is given, it strikes at the operation number `at`. */
  arm(aim: Aim, kind: Kind | null = null, at = 0): void {
    this.disarm()
    this.#text(layout.process, aim.process, 96)
    this.#text(layout.match, aim.match ?? '', 96)
    this.#number(layout.count, 0n)
    this.#number(layout.at, BigInt(at))
    this.#int(layout.struck, 0)
    this.#int(layout.kind, kind ? kinds[kind] : 0)
  }

  /** Nothing strikes any more; a full disk has room again. */
  disarm(): void {
    this.#int(layout.kind, 0)
  }

  get count(): number {
    return Number(this.#read(layout.count, 8).readBigUInt64LE())
  }

  get hasStruck(): boolean {
    return this.#read(layout.struck, 4).readUInt32LE() === 1
  }

  close(): void {
    closeSync(this.#file)
  }

  #read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length)
    readSync(this.#file, bytes, 0, length, at)
    return bytes
  }

  #text(at: number, text: string, length: number): void {
    const bytes = Buffer.alloc(length)
    if (bytes.write(text) !== Buffer.byteLength(text) || bytes[length - 1] !== 0)
      throw new Error(`"${text}" is longer than the ${length - 1} bytes that a plan has for it`)
    writeSync(this.#file, bytes, 0, length, at)
  }

  #number(at: number, value: bigint): void {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64LE(value)
    writeSync(this.#file, bytes, 0, 8, at)
  }

  #int(at: number, value: number): void {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32LE(value)
    writeSync(this.#file, bytes, 0, 4, at)
  }
}

/** Compiles shim.cpp. @returns its path @throws where there is no compiler */
export function buildShim(folder: string): string {
  const shim = join(folder, 'shim.so')
  const zig = join(setupPaths(root).tools, 'ziglang', 'ziglang', 'zig') // set-up fetches it where there is no other
  const compilers = [...process.env.CXX ? [[process.env.CXX]] : [], ['g++'], ['clang++'], [zig, 'c++']] as const
  for (const [compiler, ...first] of compilers) {
    const { error, status, stderr } = spawnSync(compiler, [...first, '-O2', '-shared', '-fPIC', '-o', shim, join(import.meta.dirname, 'shim.cpp'), '-ldl'], { encoding: 'utf8' })
    if (status === 0)
      return shim
    if (!error)
      throw new Error(`${compiler} does not compile shim.cpp: ${stderr}`)
  }
  throw new Error('faults at single writes need g++ or clang++; install one of them, or name a compiler in CXX')
}
