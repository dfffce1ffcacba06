import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { nodeBinary, packageRoot } from '#main/node-binary.ts'
import { killGroup, processStart } from '#shared/process-identity.ts'

/** Megabytes of a process's memory now and at its highest. */
export function memoryOf(pid: number): { now: number, peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string): number => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}

/** Seconds of processor time that a process has used. */
export function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** A program of src/worker/bench/load in a process group of its own, as workers have. */
export interface LoadProcess {
  child: ChildProcessByStdio<Writable, Readable, null>
  pid: number
  started: string
  /** @throws when it ends otherwise than by itself and well */
  ended: Promise<void>
  kill: () => void
}

export function startLoadProcess(program: string, args: string[], nodeArgs: string[] = []): LoadProcess {
  const child = spawn(nodeBinary(), [...nodeArgs, join(packageRoot, 'src/worker/bench/load', program), ...args], { detached: true, stdio: ['pipe', 'pipe', 'inherit'], env: process.env })
  const started = processStart(child.pid!)!
  const ended = once(child, 'exit').then(([code, signal]) => {
    if (code !== 0)
      throw new Error(`internal: ${program} ended with ${code ?? signal}.`)
  })
  ended.catch(() => {}) // whoever waits is told
  return { child, pid: child.pid!, started, ended, kill: () => killGroup(child.pid!, started, 'SIGKILL') }
}
