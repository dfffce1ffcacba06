import type { Tensor } from '#worker/engine/tf.ts'
import type { Start } from '../bench.ts'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { tf } from '#worker/engine/tf.ts'
import { photographsOf } from '../photographs.ts'

/** What is used of human. */
interface Instance { load: () => Promise<void>, detect: (image: Tensor) => Promise<{ face: { meshRaw: unknown[] }[] }> }
interface Library { default: new (config: object) => Instance }

/** human's own way: each photograph decoded, one face found in it and meshed, nothing of the one before kept. */
export const start: Start = async (work) => {
  const { folder, names } = await photographsOf(work)
  const require = createRequire(import.meta.url)
  const entry = require.resolve('@vladmandic/human')
  const { default: Human } = require(join(dirname(entry), 'human.node-gpu.js')) as Library
  const { version } = require(join(dirname(entry), '../package.json')) as { version: string }
  const human = new Human({
    backend: 'tensorflow',
    modelBasePath: `file://${join(dirname(entry), '../models')}/`,
    debug: false,
    cacheSensitivity: 0,
    filter: { enabled: false },
    face: {
      enabled: true,
      detector: { maxDetected: 1, rotation: false, skipFrames: 0, skipTime: 0 },
      mesh: { enabled: true, skipFrames: 0 },
      iris: { enabled: false },
      emotion: { enabled: false },
      description: { enabled: false },
    },
    body: { enabled: false },
    hand: { enabled: false },
    object: { enabled: false },
    gesture: { enabled: false },
    segmentation: { enabled: false },
  })
  await human.load()
  return {
    version: `@vladmandic/human ${version}`,
    run: async () => {
      for (const name of names) {
        const { data, info } = await sharp(join(folder, name)).removeAlpha().toColourspace('srgb').raw().toBuffer({ resolveWithObject: true })
        const image = tf.tensor3d(data, [info.height, info.width, 3], 'int32')
        await human.detect(image)
        image.dispose()
      }
    },
  }
}
