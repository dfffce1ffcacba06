import type { Order } from '#shared/order.ts'
import type { Start } from '../bench.ts'
import { hash } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { prepare } from '#shared/stages/prepare.ts'
import { engineVersion } from '#worker/engine/tf.ts'
import { run } from '#worker/stages/prepare.ts'
import { ownFolder } from '../folder.ts'
import { photographsOf } from '../photographs.ts'

/** The prepare stage itself, its networks loaded anew each time as in a run. */
export const start: Start = async (work) => {
  const { folder: root, names } = await photographsOf(work)
  const folder = ownFolder()
  const dataset = join(folder, 'dataset.sqlite')
  const artefact = join(folder, 'faces.sqlite')
  const zeros = '0'.repeat(64)
  writeDataset(dataset, {
    meta: { format: 'folders', root, fingerprint: zeros, tasks: {}, aligned: false, licence: '', notes: [] },
    samples: names.map(path => ({ path, labels: {}, split: null, subject: null, unseen: false, bytes: 1, sha256: hash('sha256', readFileSync(join(root, path)), 'hex') })),
    rejected: [],
    pairs: [],
  })
  const config = prepare.config.parse({})
  const order: Order = {
    key: zeros,
    stage: 'prepare',
    version: prepare.version,
    config,
    seed: 0,
    runDir: folder,
    artefact,
    threads: Number(process.env.FACET_BENCH_THREADS),
    sources: [
      { name: 'photographs', root, dataset, faces: null, embeddings: null, unlabelled: false },
    ],
    teachers: [],
    combiner: null,
    student: null,
  }
  return {
    version: `TensorFlow ${engineVersion}`,
    run: async () => {
      rmSync(artefact, { force: true })
      const { summary } = await run({
        order,
        config,
        seed: 0,
        artefact,
        report: { metrics() {}, progress() {}, log() {} },
        isLeaving: () => false,
        checkpoint: { load: async () => null, save: async () => {} },
      })
      if (Number(summary.found) < names.length * 0.9)
        throw new Error(`only ${summary.found} of ${names.length} faces were found`)
    },
  }
}
