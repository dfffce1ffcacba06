import type { output } from 'zod'
import type { FacesMeta } from '#shared/files/faces.ts'
import type { Checkpoint, StageContext } from '#worker/stage.ts'
import { execFileSync } from 'node:child_process'
import { hash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { openFaces } from '#shared/files/faces.ts'
import { prepare } from '#shared/stages/prepare.ts'
import { Leaving } from '#worker/stage.ts'
import { run } from '#worker/stages/prepare.ts'
import { dataRoot, hasData } from '../../data.ts'
import { ramp } from './pack.ts'

let folder: string
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'facet-prepare-')) })
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A sealed data set pack over files that are already there. */
function dataset(name: string, root: string, paths: string[], aligned = false): string {
  const file = join(folder, `${name}.dataset.sqlite`)
  writeDataset(file, {
    meta: {
      format: 'folders',
      root,
      fingerprint: '0'.repeat(64),
      tasks: {},
      aligned,
      licence: '',
      notes: [],
    },
    samples: paths.map(path => ({
      path,
      labels: {},
      split: null,
      subject: null,
      unseen: false,
      bytes: 1,
      sha256: existsSync(join(root, path)) ? hash('sha256', readFileSync(join(root, path)), 'hex') : '0'.repeat(64),
    })),
    rejected: [],
    pairs: [],
  })
  return file
}

interface Attempt { name: string, root: string, dataset: string, config?: Partial<output<typeof prepare.config>>, leaveAfter?: number }

function attempt({ name, root, dataset, config = {}, leaveAfter = Infinity }: Attempt) {
  const saved: Checkpoint[] = []
  const progress: number[] = []
  const context: StageContext<output<typeof prepare.config>> = {
    order: {
      key: 'a'.repeat(64),
      stage: 'prepare',
      version: prepare.version,
      config,
      seed: 0,
      runDir: folder,
      artefact: join(folder, `${name}.sqlite`),
      threads: 2,
      sources: [
        {
          name,
          root,
          dataset,
          faces: null,
          embeddings: null,
          unlabelled: true,
        },
      ],
      teachers: [],
      combiner: null,
      student: null,
    },
    config: prepare.config.parse(config),
    seed: 0,
    artefact: join(folder, `${name}.sqlite`),
    report: {
      metrics: () => {},
      progress: done => void progress.push(done),
      log: () => {},
    },
    isLeaving: () => (progress.at(-1) ?? 0) >= leaveAfter,
    checkpoint: {
      load: async () => saved.at(-1) ?? null,
      save: async checkpoint => void saved.push(checkpoint),
    },
  }
  return {
    saved,
    progress,
    result: run(context),
    path: context.artefact,
  }
}

/** Bytes that this process has read of files so far, as the kernel counts them. */
function bytesRead(): number {
  return Number(/^rchar: (\d+)/.exec(readFileSync('/proc/self/io', 'utf8'))![1])
}

async function put(root: string, path: string, bytes: Uint8Array): Promise<string> {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), bytes)
  return path
}

describe('prepare', () => {
  it('resizes ready crops, and keeps a row with the reason for what cannot be read', async () => {
    const root = join(folder, 'crops')
    const paths: string[] = []
    for (let i = 0; i < 40; i++) {
      paths.push(await put(root, `${i}.png`, await sharp(ramp(64, i), {
        raw: { width: 64, height: 64, channels: 3 },
      }).png().toBuffer()))
    }
    paths.push(await put(root, 'empty.jpg', new Uint8Array(0)), await put(root, 'text.jpg', Buffer.from('words')))
    const { result, path, progress } = attempt({
      name: 'crops',
      root,
      dataset: dataset('crops', root, paths),
      config: { aligned: true, size: 64, encoding: 'raw' },
    })
    expect((await result).summary).toEqual({
      photographs: 42,
      found: 40,
      notFound: 0,
      unreadable: 2,
      aligned: true,
      size: 64,
    })
    expect(progress.at(-1)).toBe(42)
    const pack = openFaces(path)
    expect(pack.meta).toEqual({
      size: 64,
      encoding: 'raw',
      aligned: true,
      count: 42,
    } satisfies FacesMeta)
    for (const index of [0, 17, 39])
      expect(new Uint8Array(pack.read(index))).toEqual(ramp(64, index))
    expect([40, 41].map(index => pack.status(index).reason)).toEqual([
      'The file is empty (0 bytes).',
      expect.stringMatching(/no image/),
    ])
    pack.close()
  })

  it.each([
    ['changed', 'conflict', 'This photograph has changed since its data set was read.'],
    ['removed', 'not-found', 'This photograph cannot be read any more (ENOENT); it could when its data set was read.'],
    ['made a pipe', 'not-found', 'This photograph cannot be read any more (It is a folder or a device, not a file.); it could when its data set was read.'],
  ] as const)('stops at a photograph that was %s meanwhile, and goes on when it is back', async (how, code, message) => {
    const root = join(folder, how)
    const images = await Promise.all(Array.from({ length: 20 }, (_, i) => sharp(ramp(64, i), { raw: { width: 64, height: 64, channels: 3 } }).png().toBuffer()))
    const paths = await Promise.all(images.map((image, i) => put(root, `${i}.png`, image)))
    const order = { name: how, root, dataset: dataset(how, root, paths, true) }
    if (how === 'changed')
      await put(root, '13.png', images[0]!)
    else
      rmSync(join(root, '13.png'))
    if (how === 'made a pipe')
      execFileSync('mkfifo', [join(root, '13.png')])
    await expect(attempt(order).result).rejects.toMatchObject({ code, message, where: join(root, '13.png') })
    rmSync(join(root, '13.png'), { force: true })
    await put(root, '13.png', images[13]!)
    expect((await attempt(order).result).summary).toMatchObject({ photographs: 20, found: 20, unreadable: 0 })
  })

  it.each([true, false])('reads a photograph once: what is decoded is what was compared (ready crops: %s)', async (aligned) => {
    const root = join(folder, `once ${aligned}`)
    const size = 2500 // 19 MB: what else is read in the meantime, networks for one, does not count beside it
    const pixels = randomBytes(size * size * 3)
    const path = await put(root, 'noise.tiff', await sharp(pixels, { raw: { width: size, height: size, channels: 3 } }).tiff({ compression: 'none' }).toBuffer())
    const order = { name: `once ${aligned}`, root, dataset: dataset(`once ${aligned}`, root, [path], aligned) }
    const before = bytesRead()
    expect((await attempt(order).result).summary).toMatchObject({ photographs: 1, unreadable: 0 })
    const times = (bytesRead() - before) / statSync(join(root, path)).size
    expect(times).toBeGreaterThanOrEqual(1)
    expect(times).toBeLessThan(1.5)
  })

  it('leaves when asked and goes on where it was, to the same pack', async () => {
    const root = join(folder, 'crops')
    const paths = Array.from({ length: 40 }, (_, i) => `${i}.png`)
    const file = dataset('again', root, paths, true)
    const config = { size: 80 }
    const whole = attempt({
      name: 'whole',
      root,
      dataset: file,
      config,
    })
    await whole.result
    const cut = attempt({
      name: 'cut',
      root,
      dataset: file,
      config,
      leaveAfter: 10,
    })
    await expect(cut.result).rejects.toBeInstanceOf(Leaving)
    expect(cut.progress.at(-1)).toBeLessThan(40)
    expect(cut.saved.at(-1)!.step).toBe(cut.progress.at(-1))
    const rest = attempt({
      name: 'cut',
      root,
      dataset: file,
      config,
    })
    expect((await rest.result).summary.found).toBe(40)
    expect(rest.progress[0]).toBeGreaterThan(cut.progress.at(-1)!)
    const [one, other] = [
      openFaces(whole.path),
      openFaces(rest.path),
    ]
    for (const index of one.indexes)
      expect(other.read(index)).toEqual(one.read(index))
    one.close()
    other.close()
  })

  it('finds no face in drawings without one, and says how near it came', async () => {
    const root = join(folder, 'none')
    const path = await put(root, 'ramp.png', await sharp(ramp(200, 1), {
      raw: { width: 200, height: 200, channels: 3 },
    }).png().toBuffer())
    const { result, path: pack } = attempt({
      name: 'none',
      root,
      dataset: dataset('none', root, [path]),
    })
    expect((await result).summary).toMatchObject({ found: 0, notFound: 1, unreadable: 0 })
    expect(openFaces(pack).status(0)).toMatchObject({
      status: 'not-found',
      reason: expect.stringMatching(/^No face was found: /),
      box: null,
    })
  })

  it('prepares an empty data set', async () => {
    const { result } = attempt({
      name: 'nobody',
      root: folder,
      dataset: dataset('nobody', folder, []),
    })
    expect((await result).summary).toMatchObject({ photographs: 0, found: 0 })
  })

  it.skipIf(!hasData)('aligns real photographs, the one with two faces by the nearer', async () => {
    const { result, path } = attempt({
      name: 'photos',
      root: join(dataRoot, 'photos'),
      dataset: dataset('photos', join(dataRoot, 'photos'), ['couple.jpg', 'cuphoto.jpg', 'img49.jpg']),
    })
    expect((await result).summary).toEqual({
      photographs: 3,
      found: 2,
      notFound: 1,
      unreadable: 0,
      aligned: false,
      size: 300,
    })
    const pack = openFaces(path)
    expect([...pack.indexes]).toEqual([0, 2])
    expect(pack.status(0).faces).toBe(2)
    const { box, landmarks } = pack.status(2)
    // img49 is 4352 x 2903: places are in the photograph's own pixels.
    expect(box!.width).toBeGreaterThan(800)
    expect(landmarks).toHaveLength(5)
    const { width, height, format } = await sharp(pack.read(2)).metadata()
    expect({ width, height, format }).toEqual({ width: 300, height: 300, format: 'jpeg' })
    pack.close()
  })
})
