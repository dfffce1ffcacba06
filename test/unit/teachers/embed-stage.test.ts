import type { RunResult } from '#shared/order.ts'
import type { StageContext } from '#worker/stage.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEmbeddings } from '#shared/files/embeddings.ts'
import { createFaces } from '#shared/files/faces.ts'
import { readTeacher } from '#shared/files/teacher.ts'
import { Leaving } from '#worker/stage.ts'
import { run } from '#worker/stages/embed.ts'
import { checkTeacher } from '#worker/teachers/check.ts'
import { drawProbe } from '#worker/teachers/probe.ts'
import { buildTeachers, facesAtOnce } from '#worker/teachers/teacher-graph.ts'

const manifest = resolve(import.meta.dirname, '../../../resources/teachers/emotion.yaml')
const samples = 600
let folder: string
let pack: string

/** Found faces are the even samples: a flat colour each, raw so that nothing is lost. */
function faceOf(index: number): Buffer {
  return Buffer.alloc(300 * 300 * 3, (index * 37) % 256)
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-embed-'))
  pack = join(folder, 'faces.sqlite')
  const writer = createFaces(pack, {
    size: 300,
    encoding: 'raw',
    aligned: true,
    count: samples * 2,
  })
  const nothing = {
    box: null,
    landmarks: null,
    score: null,
    meshScore: null,
    faces: 0,
  }
  for (let index = 0; index < samples * 2; index += 2) {
    writer.add([
      {
        ...nothing,
        index,
        status: 'found',
        reason: null,
        image: faceOf(index),
      },
      {
        ...nothing,
        index: index + 1,
        status: 'not-found',
        reason: 'no face',
        image: null,
      },
    ])
  }
  writer.seal()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function context(artefact: string, leaveAfter = Infinity, sha256 = readTeacher(manifest).sha256) {
  let asked = 0
  const progress: number[] = []
  const made = {
    order: {
      sources: [
        { faces: pack },
      ],
      teachers: [
        { name: 'emotion', manifest, sha256 },
      ],
    },
    config: {
      teachers: [
        { name: 'emotion', sha256 },
      ],
    },
    seed: 0,
    artefact,
    report: {
      metrics: () => {},
      progress: (done: number) => progress.push(done),
      log: () => {},
    },
    isLeaving: () => ++asked >= leaveAfter,
    checkpoint: {
      load: async () => null,
      save: async () => {},
    },
  } as unknown as StageContext<never>
  return { made, progress }
}

describe('the embed run', () => {
  it('embeds the found faces in order; one that was stopped goes on after its last whole chunk to the same numbers', async () => {
    const whole = join(folder, 'whole.sqlite')
    const result: RunResult = await run(context(whole).made)
    expect(result.summary).toMatchObject({ faces: samples, teachers: 1, dimension: 256 })

    const stopped = join(folder, 'stopped.sqlite')
    await expect(run(context(stopped, 576 / facesAtOnce).made)).rejects.toThrow(Leaving)
    const rest = context(stopped)
    await run(rest.made)
    expect(rest.progress[0]).toBe(512 + facesAtOnce)

    const [first, second] = [
      openEmbeddings(whole),
      openEmbeddings(stopped),
    ]
    expect(first.indexes).toEqual(Int32Array.from({ length: samples }, (_, i) => 2 * i))
    expect(second.read()).toEqual(first.read())
    const teachers = buildTeachers([
      readTeacher(manifest),
    ])
    const expected = (await teachers.run(faceOf(2 * 550), 1)).emotion!
    const row = first.readRows(['emotion'], 550, 551)
    for (const [i, value] of expected.entries())
      expect(row[i]).toBeCloseTo(value, 3)
    teachers.dispose()
  }, 180_000)

  it('refuses a teacher that has changed since it was planned', async () => {
    await expect(run(context(join(folder, 'other.sqlite'), Infinity, '0'.repeat(64)).made)).rejects.toThrow(/"emotion" has changed since this run was planned/)
  })
})

describe('checking a teacher on an image', () => {
  it('tells shape, norm, time, and the recorded probe that the image is', async () => {
    const image = join(folder, 'noise.png')
    await sharp(drawProbe('noise'), {
      raw: { width: 300, height: 300, channels: 3 },
    }).png().toFile(image)
    const check = await checkTeacher(manifest, image)
    expect(check).toMatchObject({
      teacher: 'emotion',
      shape: [1, 256],
      nearestProbe: { image: 'noise' },
    })
    expect(check.face).toMatch(/no face was found/)
    expect(check.probeDeviation).toBeLessThan(1e-3)
    expect(check.nearestProbe!.cosine).toBeCloseTo(1, 3)
    expect(check.msPerFace).toBeGreaterThan(0)
  })
})
