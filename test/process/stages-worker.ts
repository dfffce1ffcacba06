import type { StageContext } from '#worker/stage.ts'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { FacetError } from '#shared/errors.ts'
import { runWorker } from '#worker/run-worker.ts'
import { Leaving } from '#worker/stage.ts'

/**
 * A worker like src/worker/index.ts with a stage that counts instead of learning: `batch` ms a step, `epochs` steps, a metric
 * that depends on all steps before it, a checkpoint every fifth step. Everything around the stage is the real thing.
 */
async function count({ order, config, artefact, report, isLeaving, checkpoint }: StageContext<{ epochs: number, batch: number, layers: number, patience: number }>) {
  const earlier = await checkpoint.load()
  let step = earlier?.step ?? 0
  let sum = earlier
    ? Number(earlier.tensors.sum!.data[0])
    : 0
  const save = () => checkpoint.save({
    step,
    tensors: {
      sum: {
        dtype: 'float32',
        shape: [1],
        data: Float32Array.of(sum),
      },
    },
    state: { step },
  })
  if (config.layers === 2 && !existsSync(join(order.runDir, 'mended')))
    throw new FacetError('bad-input', 'The photographs are gone.', { where: '/nowhere' })
  if (config.layers === 3)
    process.kill(process.pid, 'SIGSTOP')
  while (step < config.epochs) {
    if (isLeaving() && config.layers !== 4) {
      await save()
      throw new Leaving()
    }
    step++
    sum = (sum * 31 + step) % 65_521
    report.metrics(step, { sum })
    report.progress(step, config.epochs, 'steps')
    if (step % 5 === 0)
      await save()
    await sleep(config.batch)
  }
  mkdirSync(artefact, { recursive: true })
  writeFileSync(join(artefact, 'sum.txt'), String(sum))
  return {
    summary: {
      sum,
      threads: Number(process.env.OMP_NUM_THREADS),
      visibleGpus: process.env.CUDA_VISIBLE_DEVICES ?? 'whatever the engine finds',
      deterministic: process.env.TF_DETERMINISTIC_OPS === '1',
    },
    evaluations: [
      {
        scope: 'test' as const,
        metric: 'accuracy' as const,
        value: 90,
        count: 10,
        standardError: 1,
        interval: [88, 92] as [number, number],
      },
    ],
  }
}

const load = async () => ({ run: count as never })
process.exit(await runWorker(process.argv[2]!, {
  loaders: {
    prepare: load,
    embed: load,
    combine: load,
    distil: load,
    transfer: load,
    select: load,
  },
  loadEngine: async () => 'none',
}))
