import type { Start } from './bench.ts'
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'

/**
 * One contender in a process of its own: node child.ts MODULE WORK. Says when it is ready; then for each line, a number, does the work
 * so many times and answers with the milliseconds of each. scripts/bench/turns.py is the same for Python.
 */
const [modulePath, work] = process.argv.slice(2)
const { start } = await import(modulePath!) as { start: Start }
const { run, version } = await start(JSON.parse(work!))
answer({ version })
for await (const line of createInterface({ input: process.stdin })) {
  const ms: number[] = []
  const parts: Record<string, number[]> = {}
  for (let i = 0; i < Number(line); i++) {
    const startedAt = performance.now()
    const timed = await run()
    ms.push(performance.now() - startedAt)
    for (const [name, value] of Object.entries(timed ?? {}))
      (parts[name] ??= []).push(value)
  }
  answer({ ms, parts, memoryBytes: peakMemory() })
}
process.exit(0)

/** Libraries print what they like on stdout: our lines are marked. */
function answer(value: object): void {
  process.stdout.write(`\nbench ${JSON.stringify(value)}\n`)
}

/** The largest memory this program had. Not rusage's figure, which a child may inherit from its parent. */
function peakMemory(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    return Number(kilobytes) * 1024
  }
  catch {
    return process.resourceUsage().maxRSS * 1024
  }
}
