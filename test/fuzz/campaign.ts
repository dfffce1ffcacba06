import type { Finding, Outcome } from './fuzz.ts'
import { fork } from 'node:child_process'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { targets } from './targets/index.ts'

/** Gives every parser of what comes from outside many thousand inputs made to break it, and prints a table of what they did. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inputs: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
})
const names = positionals.length > 0 ? positionals : Object.keys(targets)
const unknown = names.filter(name => !Object.hasOwn(targets, name))
if (values.help || unknown.length > 0 || ![values.inputs, values.seed, values.minutes].every(text => Number(text) > 0)) {
  console.error(`npm run test:fuzz -- [--inputs 100000] [--seed 1] [--minutes 20 (for each parser)] [${Object.keys(targets).join('|')}] ...`)
  process.exit(values.help ? 0 : 2)
}
/** A stretch of 500 inputs takes seconds; without a word for so long, one of them hangs. */
const silenceMs = 180_000

const outcomes: Outcome[] = []
for (const name of names) {
  console.error(`${name} ...`)
  const outcome = await fuzzInChild(name)
  console.error(`  ${outcome.inputs} inputs, ${outcome.findings.length} findings`)
  outcomes.push(outcome)
}
print(outcomes)
process.exitCode = outcomes.some(({ findings, inputs }) => findings.length > 0 || inputs === 0) ? 1 : 0

function fuzzInChild(name: string): Promise<Outcome> {
  const child = fork(fileURLToPath(new URL('child.ts', import.meta.url)), [name, values.inputs, values.seed, String(Number(values.minutes) * 60_000)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  let last: Outcome = { parser: name, inputs: 0, refused: 0, accepted: 0, slowestMs: 0, findings: [] }
  let isDone = false
  let isSilent = false
  let watch: NodeJS.Timeout | undefined
  const listen = (): void => {
    clearTimeout(watch)
    watch = setTimeout(() => {
      isSilent = true
      child.kill('SIGKILL')
    }, silenceMs)
  }
  listen()
  child.on('message', ({ kind, outcome }: { kind: string, outcome: Outcome }) => {
    last = outcome
    isDone = kind === 'end'
    listen()
  })
  return new Promise(resolve => child.once('exit', (code, signal) => {
    clearTimeout(watch)
    const ended = isSilent ? `hung for ${silenceMs / 1000} s` : `the process ended (${signal ?? `code ${code}`})`
    resolve(isDone ? last : { ...last, findings: [...last.findings, { what: `${ended} after ${last.inputs} inputs`, input: `in the stretch from seed ${Number(values.seed) + last.inputs}`, seed: Number(values.seed) }] })
  }))
}

function print(outcomes: Outcome[]): void {
  const rows = outcomes.map(({ parser, inputs, refused, accepted, findings, slowestMs }) => [parser, ...[inputs, refused, accepted, findings.length, slowestMs.toFixed(0)].map(String)])
  const table = [['parser', 'inputs', 'refused', 'accepted', 'findings', 'slowest ms'], ...rows]
  const widths = table[0]!.map((_, i) => Math.max(...table.map(row => row[i]!.length)))
  console.log(table.map(row => row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join('  ')).join('\n'))
  for (const { parser, findings } of outcomes)
    findings.forEach((finding: Finding) => console.log(`\n${parser}, seed ${finding.seed}\n  ${finding.what}\n  ${finding.input}`))
}
