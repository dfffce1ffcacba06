import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFaces } from '#shared/files/faces.ts'
import { createLoader, showFace } from '#worker/faces/loader.ts'
import { FOUND, ramp, writePack } from './pack.ts'

const AUGMENTATION = { flip: true, scale: 0.2, color: 0.3 }
let folder: string
let raw: string
let jpeg: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-loader-'))
  raw = await writePack(join(folder, 'raw.sqlite'), 10)
  jpeg = await writePack(join(folder, 'jpeg.sqlite'), 7, { encoding: 'jpeg', firstNumber: 100 })
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const everyone = (count: number) => Int32Array.from({ length: count }, (_, i) => i)

describe('loader', () => {
  it('gives faces of the pack\'s own size unchanged, in order, the last batch smaller', async () => {
    const loader = createLoader({
      faces: [
        {
          pack: raw,
          indexes: everyone(10),
        },
      ],
      size: 60,
      batch: 4,
    })
    const seen: number[][] = []
    for await (const { data, rows } of loader.sequential()) {
      seen.push([...rows])
      rows.forEach((row, i) => expect(data.subarray(i * 10800, (i + 1) * 10800)).toEqual(ramp(60, row)))
    }
    await loader.close()
    expect(seen).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9],
    ])
  })

  it('numbers rows over all packs, and takes only the samples it was given', async () => {
    const loader = createLoader({
      faces: [
        {
          pack: raw,
          indexes: Int32Array.of(9, 2),
        },
        {
          pack: jpeg,
          indexes: Int32Array.of(5),
        },
      ],
      size: 60,
      batch: 4,
    })
    const data = await loader.batch(Int32Array.of(2, 1, 0), null, 0)
    await loader.close()
    expect(loader.count).toBe(3)
    const middleBlue = [0, 1, 2].map(i => data[i * 10800 + (30 * 60 + 30) * 3 + 2]!)
    expect(Math.abs(middleBlue[0]! - 105)).toBeLessThanOrEqual(2)
    expect(middleBlue.slice(1)).toEqual([2, 9])
  })

  it('gives the same bytes with one thread and three, with a cache and without, alone and in a crowd', async () => {
    const rows = Int32Array.of(3, 16, 0, 8, 3)
    const faces = [
      {
        pack: raw,
        indexes: everyone(10),
      },
      {
        pack: jpeg,
        indexes: everyone(7),
      },
    ]
    const results: Uint8Array[] = []
    for (const { threads, cacheBytes } of [
      { threads: 1, cacheBytes: 1e7 },
      { threads: 3, cacheBytes: 0 },
      { threads: 2, cacheBytes: 20_000 },
    ]) {
      const loader = createLoader({
        faces,
        size: 32,
        batch: 4,
        threads,
        cacheBytes,
      })
      const crowd = [1, 2, 3].map(seed => loader.batch(everyone(17), AUGMENTATION, seed))
      results.push(await loader.batch(rows, AUGMENTATION, 77), await loader.batch(rows, AUGMENTATION, 77))
      await Promise.all(crowd)
      await loader.close()
    }
    for (const result of results)
      expect(result).toEqual(results[0])
    const faceBytes = 32 * 32 * 3
    expect(results[0]!.subarray(0, faceBytes)).toEqual(results[0]!.subarray(4 * faceBytes))
  })

  it('shows a face otherwise with another seed', async () => {
    const loader = createLoader({
      faces: [
        {
          pack: raw,
          indexes: everyone(10),
        },
      ],
      size: 32,
      batch: 4,
    })
    const [one, other] = await Promise.all([
      loader.batch(everyone(10), AUGMENTATION, 1),
      loader.batch(everyone(10), AUGMENTATION, 2),
    ])
    await loader.close()
    expect(one).not.toEqual(other)
  })

  it('streams batches in the order of the plan, as `batch` gives them', async () => {
    const loader = createLoader({
      faces: [
        {
          pack: raw,
          indexes: everyone(10),
        },
      ],
      size: 32,
      batch: 4,
      threads: 2,
    })
    const plan = [4, 9, 1, 1, 7, 0].map((row, seed) => ({
      rows: Int32Array.of(row, 9 - row),
      seed,
    }))
    await loader.warm()
    let step = 0
    for await (const { data, rows } of loader.stream(plan, AUGMENTATION)) {
      expect(rows).toEqual(plan[step]!.rows)
      expect(data).toEqual(await loader.batch(rows, AUGMENTATION, plan[step]!.seed))
      step++
    }
    await loader.close()
    expect(step).toBe(6)
  })

  it('refuses samples that were not found, rows that do not exist and work after its end', async () => {
    expect(() => createLoader({
      faces: [
        {
          pack: raw,
          indexes: Int32Array.of(10),
        },
      ],
      size: 32,
      batch: 4,
    })).toThrow(/sample 10 is no found face/)
    const loader = createLoader({
      faces: [
        {
          pack: raw,
          indexes: everyone(10),
        },
      ],
      size: 32,
      batch: 4,
    })
    await expect(loader.batch(Int32Array.of(10), null, 0)).rejects.toThrow(/row 10 .* 10 rows/)
    const cutOff = loader.batch(everyone(10), null, 0)
    cutOff.catch(() => {})
    await loader.close()
    await expect(cutOff).rejects.toThrow(/closed/)
    await expect(loader.batch(everyone(10), null, 0)).rejects.toThrow(/closed/)
  })

  it('says so when its threads cannot work, for what waits and for what comes later', async () => {
    const pack = await writePack(join(folder, 'vanishing.sqlite'), 2)
    const loader = createLoader({
      faces: [
        {
          pack,
          indexes: everyone(2),
        },
      ],
      size: 32,
      batch: 2,
    })
    rmSync(pack)
    await expect(loader.batch(everyone(2), null, 0)).rejects.toThrow(/loader thread failed: There is no such faces pack/)
    await expect(loader.batch(everyone(2), null, 0)).rejects.toThrow(/loader thread failed/)
    await loader.close()
  })

  it('names the pack of a stored face that is damaged', async () => {
    const pack = join(folder, 'damaged.sqlite')
    const writer = createFaces(pack, {
      size: 60,
      encoding: 'jpeg',
      aligned: false,
      count: 1,
    })
    writer.add([
      {
        index: 0,
        ...FOUND,
        image: Buffer.from('no jpeg'),
      },
    ])
    writer.seal()
    const loader = createLoader({
      faces: [
        {
          pack,
          indexes: everyone(1),
        },
      ],
      size: 32,
      batch: 1,
    })
    await expect(loader.batch(everyone(1), null, 0)).rejects.toMatchObject({
      code: 'bad-input',
      where: pack,
      message: expect.stringMatching(/sample 0/),
    })
    await loader.close()
  })

  it('shows one face for prediction as the batches show it', async () => {
    const loader = createLoader({
      faces: [
        {
          pack: raw,
          indexes: everyone(10),
        },
      ],
      size: 32,
      batch: 4,
    })
    expect(await showFace(ramp(60, 6), 60, 32)).toEqual(await loader.batch(Int32Array.of(6), null, 0))
    await loader.close()
  })
})
