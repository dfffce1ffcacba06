import { Worker } from 'node:worker_threads'
import { z } from 'zod'

const Report = z.strictObject({ damage: z.array(z.string()) })

/** What a thread is started with: a database file, and for a data set pack what its content has to add up to. */
export interface IntegrityQuestion { path: string, fingerprint?: string }

/**
 * What SQLite finds wrong with a database file, in its words; empty for a sound one. A page of 10 million rows takes seconds, so
 * a thread of its own looks, and the file may be in use meanwhile. A file that is no database, or is not there, is damage too.
 */
export function findDamage(path: string): Promise<string[]> {
  return ask({ path })
}

/** As findDamage for a data set pack, also where its samples, labels, splits and pairs are not those of its fingerprint. Reading 100,000 samples takes seconds. */
export function findPackDamage(path: string, fingerprint: string): Promise<string[]> {
  return ask({ path, fingerprint })
}

function ask(question: IntegrityQuestion): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL('./integrity-thread.ts', import.meta.url), { workerData: question, name: 'integrity' })
    thread.once('message', message => resolve(Report.parse(message).damage))
    thread.once('error', reject)
    thread.once('exit', () => reject(new Error(`internal: nobody answered whether ${question.path} is sound`)))
  })
}
