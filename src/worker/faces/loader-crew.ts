import type { LoaderReply, LoaderSetting, LoaderTask } from './loader-task.ts'
import { Worker } from 'node:worker_threads'
import { FacetError } from '#shared/errors.ts'

/** The threads of one loader. */
export interface Crew {
  /** Hands a task to the thread with the fewest waiting. */
  run: (task: Omit<LoaderTask, 'id'>) => Promise<Uint8Array>
  /** Ends the threads; tasks still waiting are refused. */
  close: () => Promise<void>
}

interface Waiting { resolve: (data: Uint8Array) => void, reject: (error: Error) => void }

/** One thread: what waits for it, by task number. */
interface Member { worker: Worker, waiting: Map<number, Waiting> }

/** Starts threads that answer tasks. They keep the process alive only while a task waits. */
export function startCrew(threads: number, setting: LoaderSetting): Crew {
  const crew = new Set<Member>()
  let nextId = 0
  /** Why no task is taken any more: the loader was closed, or its threads died. */
  let over: Error | null = null
  for (let i = 0; i < threads; i++) {
    const member = startMember(setting, (error) => {
      crew.delete(member)
      if (crew.size === 0)
        over ??= error
      for (const { reject } of member.waiting.values())
        reject(over ?? error)
    })
    crew.add(member)
  }
  return {
    run: task => new Promise<Uint8Array>((resolve, reject) => {
      if (over) {
        reject(over)
        return
      }
      const { worker, waiting } = [...crew].reduce((best, other) => other.waiting.size < best.waiting.size
        ? other
        : best)
      const id = nextId++
      waiting.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ id, ...task } satisfies LoaderTask)
    }),
    close: async () => {
      over = new FacetError('interrupted', 'The loader was closed.')
      await Promise.all([...crew].map(({ worker }) => worker.terminate()))
    },
  }
}

/** Starts a thread; `onEnd` is called once when it has ended, with why. */
function startMember(workerData: LoaderSetting, onEnd: (error: Error) => void): Member {
  const worker = new Worker(new URL('./loader-thread.ts', import.meta.url), { workerData })
  const waiting: Member['waiting'] = new Map()
  let failure: Error | undefined
  worker.on('message', (reply: LoaderReply) => {
    const task = waiting.get(reply.id)
    waiting.delete(reply.id)
    if (waiting.size === 0)
      worker.unref()
    if ('data' in reply)
      task?.resolve(reply.data)
    else
      task?.reject(new FacetError(reply.problem.code, reply.problem.message, reply.problem))
  })
  worker.on('error', (error) => {
    failure = new FacetError('internal', `internal: a loader thread failed: ${error.message}`, { cause: error })
  })
  worker.on('exit', code => onEnd(failure ?? new FacetError('internal', `internal: a loader thread ended with code ${code}.`)))
  worker.unref()
  return { worker, waiting }
}
