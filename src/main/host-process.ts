import type { Connection } from './core.ts'
import { closeSync, writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { toProblem } from '#shared/errors.ts'
import { connect } from './core.ts'

/**
 * Holds a workspace for windows and servers, in a process of its own: their end, or a crash of theirs, leaves the queue
 * going. Started detached by host-link.ts; reports once on descriptor 3 and ends itself when nobody needs it any more.
 */

/** How long it stays without clients and without anything to do: a window that is opened again soon finds it warm. */
const lingerMs = Number(process.env.FACET_HOST_LINGER_MS ?? 30_000)
/** An answer to "is all idle?" that took longer waited for a run. */
const waitedMs = 1_000
const reportDescriptor = 3

const { values, positionals: [folder = ''] } = parseArgs({ allowPositionals: true, options: { create: { type: 'boolean', default: false } } })
let connection: Connection
try {
  connection = await connect(folder, { title: 'facet (app)', create: values.create })
  report({ ok: true })
}
catch (error) {
  report({ ok: false, problem: toProblem(error) })
  process.exit(1)
}
// Somebody else was faster and holds it: whoever started this process attaches there.
if (connection.role === 'host') {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => void end(connection))
  await untilUnneeded(connection)
}
await end(connection)

function report(outcome: unknown): void {
  try {
    writeSync(reportDescriptor, `${JSON.stringify(outcome)}\n`)
    closeSync(reportDescriptor)
  }
  catch {
    // Whoever started us has gone; others may attach all the same.
  }
}

/** Resolves when for a while nobody was attached and nothing could go on by itself. */
async function untilUnneeded({ client, clients }: Connection): Promise<void> {
  let unneededSince: number | null = null
  while (true) {
    const before = performance.now()
    if (clients() === 0)
      await client.call('runs.idle') // waits for runs that go on without a window
    // Looked at last and without a pause in between: a long computation must not count as time without clients.
    if (clients() > 0 || performance.now() - before > waitedMs)
      unneededSince = null
    else
      unneededSince ??= performance.now()
    if (unneededSince !== null && performance.now() - unneededSince >= lingerMs)
      return
    await sleep(Math.min(500, lingerMs))
  }
}

async function end({ close }: Connection): Promise<never> {
  await close()
  process.exit(0)
}
