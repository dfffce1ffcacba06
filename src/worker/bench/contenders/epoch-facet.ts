import type { Program } from '#worker/engine/compile.ts'
import type { Training } from '#worker/training/train.ts'
import type { Start, Work } from '../bench.ts'
import { join } from 'node:path'
import process from 'node:process'
import sharp from 'sharp'
import { createFaces } from '#shared/files/faces.ts'
import { distil } from '#shared/stages/distil.ts'
import { engineVersion } from '#worker/engine/tf.ts'
import { renderSyntheticFace } from '#worker/faces/synthetic/index.ts'
import { BatchOrder } from '#worker/training/order.ts'
import { openPixels } from '#worker/training/pixels.ts'
import { train } from '#worker/training/train.ts'
import { read } from '../bench.ts'
import { ownFolder } from '../folder.ts'
import { bytes, floats } from '../numbers.ts'
import { compileStudent } from '../student-program.ts'

/** Whether faces come from the loader, or the same batch from memory. */
export const start: Start = async (work) => {
  const [steps, batch, side] = [read(work, 'steps'), read(work, 'batch'), read(work, 'side')]
  const { optimizer, schedule } = distil.config.parse({})
  const program = compileStudent(work, optimizer)
  const target = floats(batch * read(work, 'size'))
  const held = bytes(batch * side * side * 3)
  const feeds: Training['feeds'] = read(work, 'load') === 1
    ? await loadedFeeds(work, target)
    : () => ({ faces: held, target })
  let done = 0
  return {
    version: `TensorFlow ${engineVersion}`,
    run: async () => {
      const { timed, stepMs } = timing(program)
      const first = done
      await train({ report: { metrics() {}, progress() {}, log() {} }, isLeaving: () => false }, { name: 'epoch', resume: null, save: async () => {}, isSaveDue: () => false }, {
        program: timed,
        optimizer,
        schedule,
        seed: 1,
        steps,
        feeds: step => feeds(first + step),
        evaluateEvery: steps,
        evaluate: () => ({ score: 0, metrics: {} }),
        patience: 0,
        keep: [],
      })
      done += steps
      return { steps: stepMs() }
    },
  }
}

/** A program that adds up how long its steps take. */
function timing(program: Program): { timed: Program, stepMs: () => number } {
  let sum = 0
  const timed = {
    step: (...args: Parameters<Program['step']>) => {
      const startedAt = performance.now()
      const result = program.step(...args)
      sum += performance.now() - startedAt
      return result
    },
    read: () => ({}),
  }
  return { timed: timed as unknown as Program, stepMs: () => sum }
}

/** Faces of a pack of drawn ones, each several times in it, through the distil stage's loader with its augmentation. */
async function loadedFeeds(work: Work, target: Float32Array): Promise<Training['feeds']> {
  const [steps, batch, side] = [read(work, 'steps'), read(work, 'batch'), read(work, 'side')]
  const count = steps * batch
  const pack = join(ownFolder(), 'faces.sqlite')
  await drawFaces(pack, count, read(work, 'drawn'))
  const loader = openPixels([
    {
      source: {
        name: 'drawn',
        root: '',
        dataset: '',
        faces: pack,
        embeddings: null,
        unlabelled: true,
      },
      indexes: Int32Array.from({ length: count }, (_, i) => i),
    },
  ], { size: side, batch, threads: Number(process.env.FACET_BENCH_THREADS) })
  const order = new BatchOrder(count, batch, 1)
  const { augmentation } = distil.config.parse({})
  return async step => ({
    faces: await loader.batch(order.rows(step), augmentation, step),
    target,
  })
}

async function drawFaces(pack: string, count: number, drawn: number): Promise<void> {
  const writer = createFaces(pack, { size: 300, encoding: 'jpeg', aligned: true, count })
  const images: Buffer[] = []
  for (let index = 0; index < drawn; index++) {
    const { jpeg } = await renderSyntheticFace({ seed: 1, size: 128, identities: drawn }, index)
    images.push(await sharp(jpeg).resize(300, 300).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer())
  }
  writer.add(Array.from({ length: count }, (_, index) => ({
    index,
    status: 'found',
    reason: null,
    box: null,
    landmarks: null,
    score: null,
    meshScore: null,
    faces: 1,
    image: images[index % drawn]!,
  })))
  writer.seal()
}
