import type { IntegrityQuestion } from './integrity.ts'
import { parentPort, workerData } from 'node:worker_threads'
import { damageOf } from './database-damage.ts'
import { packDamageOf } from './pack-damage.ts'

const { path, fingerprint } = workerData as IntegrityQuestion
parentPort!.postMessage({ damage: fingerprint === undefined ? damageOf(path) : packDamageOf(path, fingerprint) })
