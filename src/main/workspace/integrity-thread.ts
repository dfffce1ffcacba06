import { parentPort, workerData } from 'node:worker_threads'
import { damageOf } from './database-damage.ts'

const { path } = workerData as { path: string }
parentPort!.postMessage({ damage: damageOf(path) })
