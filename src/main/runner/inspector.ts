import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'
import type { ProbeResult } from '#shared/dataset.ts'
import type { InspectInput, InspectMethod, InspectResult } from '#shared/inspect.ts'
import { fork } from 'node:child_process'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { compileCache } from '#main/node-binary.ts'
import { isEngineGreeting } from '#shared/engine-greeting.ts'
import { FacetError } from '#shared/errors.ts'
import { inspectMethods } from '#shared/inspect.ts'
import { Problem } from '#shared/problem-schema.ts'

const Answer = z.discriminatedUnion('ok', [
  z.strictObject({
    id: z.int(),
    ok: z.literal(true),
    value: z.unknown(),
  }),
  z.strictObject({
    id: z.int(),
    ok: z.literal(false),
    problem: Problem,
  }),
])

interface Question { resolve: (value: unknown) => void, reject: (error: unknown) => void, forget: () => void, deadline: NodeJS.Timeout }

/** The worker died or was late while it looked at something; the next question gets a new one. */
export class InspectorGone extends FacetError {}

/** Asks the long-lived workers that decode, probe and predict for the host. */
export interface Inspector {
  /**
   * With `signal` the worker is told to stop, and the signal's reason is thrown once it has taken back what it began.
   * @throws FacetError as the worker threw it; InspectorGone when it died or let the deadline pass
   */
  ask: <M extends InspectMethod>(method: M, input: InspectInput<M>, options?: { deadlineMs?: number, signal?: AbortSignal }) => Promise<InspectResult<M>>
  /** Probes images, one result each. A file that kills the worker or never ends becomes a result with that reason. */
  probe: (paths: string[]) => Promise<ProbeResult[]>
  close: () => void
}

/** What somebody who scrolls waits for: it has a worker to itself, for a network or an affinity holds its own up for seconds. */
const pictures: ReadonlySet<InspectMethod> = new Set<InspectMethod>(['probe', 'thumbnails', 'facesPage', 'facesAt', 'photograph'])

/** Makes an inspector of two workers, one for pictures and one for networks; each starts with its first question and again after a crash. */
export function createInspector(program: Program): Inspector {
  const [ofPictures, ofNetworks] = [createLane(program), createLane(program)]
  const ask: Inspector['ask'] = (method, input, options) => (pictures.has(method) ? ofPictures : ofNetworks).ask(method, input, options)

  async function probe(paths: string[]): Promise<ProbeResult[]> {
    if (paths.length === 0)
      return []
    try {
      return await ask('probe', { paths })
    }
    catch (error) {
      if (!(error instanceof InspectorGone))
        throw error
      if (paths.length === 1) {
        return [
          { ok: false, reason: error.message },
        ]
      }
      const half = paths.length >> 1
      return [
        ...await probe(paths.slice(0, half)),
        ...await probe(paths.slice(half)),
      ]
    }
  }
  return {
    ask,
    probe,
    close: () => {
      ofPictures.close()
      ofNetworks.close()
    },
  }
}

interface Program { node: string, entry: string }

/** One worker and the questions that it was asked. */
function createLane({ node, entry }: Program): Pick<Inspector, 'ask' | 'close'> {
  const questions = new Map<number, Question>()
  let worker: ChildProcess | null = null
  let nextId = 0

  function start(): ChildProcess {
    const child = fork(entry, [], {
      execPath: node,
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: compileCache(),
        TF_CPP_MIN_LOG_LEVEL: '2',
      },
    })
    child.on('message', message => settle(Answer.parse(message)))
    child.once('exit', (code, signal) => {
      if (worker === child)
        drop(`the worker that looked at it ended (${signal ?? `exit code ${code}`})`)
    })
    child.on('error', () => {}) // a question that cannot be sent fails by itself
    passOn(child.stderr as Socket)
    child.unref()
    child.channel?.unref()
    return child
  }
  function settle(answer: z.infer<typeof Answer>): void {
    const question = questions.get(answer.id)
    if (!question)
      return
    forget(answer.id, question)
    if (answer.ok)
      return question.resolve(answer.value)
    const { code, message, where, hint } = answer.problem
    question.reject(new FacetError(code, message, { where, hint }))
  }
  function forget(id: number, question: Question): void {
    clearTimeout(question.deadline)
    question.forget()
    questions.delete(id)
    if (questions.size === 0)
      worker?.channel?.unref()
  }
  function drop(why: string): void {
    const child = worker
    worker = null
    child?.kill('SIGKILL')
    for (const [id, question] of [...questions]) {
      forget(id, question)
      question.reject(new InspectorGone('engine', `No answer: ${why}.`))
    }
  }

  const ask: Inspector['ask'] = (method, input, { deadlineMs = inspectMethods[method].deadlineMs, signal } = {}) => new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const asked = worker ??= start()
    asked.channel?.ref()
    const id = nextId++
    const stop = (): boolean => asked.send({ stop: id }, () => {}) // a worker that is gone has stopped
    signal?.addEventListener('abort', stop, { once: true })
    const deadline = setTimeout(() => drop(`it took longer than ${Math.round(deadlineMs / 1000)} s`), deadlineMs)
    questions.set(id, {
      resolve: value => resolve(value as never),
      reject: (error) => {
        reject(signal?.aborted && !(error instanceof InspectorGone) ? signal.reason : error)
      },
      forget: () => signal?.removeEventListener('abort', stop),
      deadline,
    })
    asked.send({ id, method, input }, (error) => {
      if (error)
        drop('the worker that looked at it ended')
    })
  })

  return {
    ask,
    close: () => drop('the host was closed'),
  }
}

/** The worker's own complaints on our stderr, without TensorFlow's greeting; does not keep the host alive. */
function passOn(stderr: Socket): void {
  stderr.unref()
  createInterface({ input: stderr }).on('line', (line) => {
    if (!isEngineGreeting(line))
      process.stderr.write(`${line}\n`)
  })
}
