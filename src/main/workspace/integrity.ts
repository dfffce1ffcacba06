import { Worker } from 'node:worker_threads'
import { z } from 'zod'

const Report = z.strictObject({ damage: z.array(z.string()) })

/**
 * What SQLite finds wrong with a database file, in its words; empty for a sound one. A page of 10 million rows takes seconds, so
 * a thread of its own looks, and the file may be in use meanwhile. A file that is no database, or is not there, is damage too.
 */
export function findDamage(path: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./integrity-thread.ts', import.meta.url), { workerData: { path }, name: 'integrity' })
    thread.once('message', message => resolve(Report.parse(message).damage))
    thread.once('error', reject)
    thread.once('exit', () => reject(new Error(`internal: nobody answered whether ${path} is sound`)))
  })
}
