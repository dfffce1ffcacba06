import type { ChildProcess } from 'node:child_process'
import type { Interface } from 'node:readline'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'

const Ready = z.strictObject({
  version: z.string(),
})
const Turn = z.strictObject({
  ms: z.array(z.number()),
  parts: z.record(z.string(), z.array(z.number())),
  memoryBytes: z.number(),
})
export type Turn = z.infer<typeof Turn>

/** Longest start: torch.compile takes a minute on two busy cores. */
const startDeadlineMs = 15 * 60_000
const turnDeadlineMs = 10 * 60_000
const endDeadlineMs = 3_000

/** A contender that waits in its own process for its next turn. */
export interface Contestant {
  version: string
  /** Does the work `times` times. */
  turn: (times: number) => Promise<Turn>
  end: () => void
}

/**
 * Starts a contender's process and waits until it is ready to work.
 * @throws FacetError with the last lines it wrote, when it does not start
 */
export async function startContestant([program, ...args]: readonly [string, ...string[]], env: NodeJS.ProcessEnv): Promise<Contestant> {
  const child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] })
  const answers = new Answers(child)
  try {
    const { version } = Ready.parse(await answers.next(startDeadlineMs))
    return {
      version,
      turn: async (times) => {
        child.stdin.write(`${times}\n`)
        return Turn.parse(await answers.next(turnDeadlineMs))
      },
      end: () => answers.end(),
    }
  }
  catch (error) {
    answers.end()
    throw error
  }
}

/** Marked lines of a child's output in their order. */
class Answers {
  readonly #child: ChildProcess
  readonly #lines: Interface
  #waiting: { resolve: (value: unknown) => void, reject: (error: Error) => void } | null = null
  #complaint = ''
  #over: Error | null = null

  constructor(child: ChildProcess) {
    this.#child = child
    this.#lines = createInterface({ input: child.stdout! })
    this.#lines.on('line', (line) => {
      if (line.startsWith('bench ')) {
        this.#waiting?.resolve(JSON.parse(line.slice('bench '.length)))
        this.#waiting = null
      }
    })
    child.stderr!.on('data', (chunk) => { this.#complaint = (this.#complaint + chunk).slice(-4000) })
    child.stdin!.on('error', () => {}) // a broken pipe: the exit says why
    child.on('error', error => this.#end(error.message))
    child.on('close', (code, signal) => this.#end(signal
      ? `was ended by ${signal}`
      : `exit code ${code}`))
  }

  async next(deadlineMs: number): Promise<unknown> {
    if (this.#over)
      throw this.#over
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject }
        timer = setTimeout(() => this.#end(`gave no answer in ${deadlineMs / 60_000} minutes`), deadlineMs)
      })
    }
    finally {
      clearTimeout(timer)
    }
  }

  /** A contender ends when there are no more lines; one that cannot is made to. */
  end(): void {
    this.#lines.close()
    this.#child.stdin!.end()
    setTimeout(() => this.#child.kill('SIGKILL'), endDeadlineMs).unref()
  }

  #end(reason: string): void {
    const last = this.#complaint.trim().split('\n').filter(line => line.trim() !== '').at(-1)
    this.#over ??= new FacetError('internal', last
      ? `${last.trim()} (${reason})`
      : reason)
    this.#waiting?.reject(this.#over)
    this.#waiting = null
  }
}
