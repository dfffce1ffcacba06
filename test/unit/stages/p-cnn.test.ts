import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readTeacher } from '#shared/files/teacher.ts'
import { transfer } from '#shared/stages/transfer.ts'
import { tf } from '#worker/engine/tf.ts'
import { Leaving } from '#worker/stage.ts'
import { rankCandidates } from '#worker/stages/choose-teacher.ts'
import { framing } from '#worker/stages/trained-network.ts'
import { run } from '#worker/stages/transfer.ts'
import { makeContext, makeSource } from './fixture.ts'

const manifestOf = (name: string): string => resolve(import.meta.dirname, '../../../resources/teachers', `${name}.yaml`)
const teachers = ['emotion', 'face-expression'].map(name => ({ name, manifest: manifestOf(name), sha256: '' }))
const source = makeSource({ samples: 80 })
function context(task: string, options: Parameters<typeof makeContext>[2] = {}, candidates = [{ teacher: 'emotion', key: 'a', validation: 0.9 }, { teacher: 'face-expression', key: 'b', validation: 0.4 }]) {
  return makeContext(transfer.config.parse({ task, folds: 3, batch: 4, steps: 4, epochs: 1, head: { hidden: [] }, optimizer: { learningRate: 1e-4 }, encoder: { kind: 'p-cnn' } }), { sources: [source], teachers, candidates }, options)
}

describe('a P-CNN', { timeout: 240_000 }, () => {
  it('takes the teacher whose frozen head has the best validation score, the first of equal ones', () => {
    expect(rankCandidates([{ teacher: 'a', key: '1', validation: 2 }, { teacher: 'b', key: '2', validation: 1 }, { teacher: 'c', key: '3', validation: 1 }]).map(({ teacher }) => teacher)).toEqual(['b', 'c', 'a'])
    expect(() => rankCandidates([{ teacher: 'a', key: '1', validation: null }])).toThrow('validation score of a')
    expect(() => rankCandidates([])).toThrow('any teacher')
  })

  it.each(['faceres', 'dlib', 'face-expression', 'emotion', 'centernet'])('%s sees the part of the face that its manifest says, pixel for pixel', (name) => {
    const { size, crop: [x0, y0, x1, y1] } = readTeacher(manifestOf(name)).manifest.input
    const { side, cut } = framing({ size, crop: [x0, y0, x1, y1] })
    // brightness at a place of the aligned face, in its 300 pixels: smooth, so that bytes are all that is lost
    const brightness = (x: number, y: number): number => 127 + 60 * Math.sin(x / 50) + 60 * Math.cos(y / 60)
    const face = Uint8Array.from({ length: side * side * 3 }, (_, at) => Math.round(brightness((Math.floor(at / 3) % side + 0.5) * 300 / side, (Math.floor(at / 3 / side) + 0.5) * 300 / side)))
    const got = tf.tidy(() => cut(tf.tensor4d(face, [1, side, side, 3], 'int32')).dataSync())
    const wrong = Array.from(got, (value, at) => {
      const [i, j] = [Math.floor(at / 3) % size, Math.floor(at / 3 / size)]
      return Math.abs(value - brightness(x0 + (i + 0.5) * (x1 - x0) / size, y0 + (j + 0.5) * (y1 - y0) / size))
    })
    // half a byte of rounding, and where the crop ends with the face half a pixel of it
    expect(wrong.reduce((most, value) => Math.max(most, value), 0)).toBeLessThan(1.2)
    expect(wrong.reduce((sum, value) => sum + value, 0) / wrong.length).toBeLessThan(0.3)
  })

  it('trains that teacher and says which', async () => {
    const own = context('kind')
    const { summary, evaluations } = await run(own)
    expect(summary).toMatchObject({ teacher: 'face-expression', teachersTried: 2, folds: 1 })
    expect(evaluations[0]).toMatchObject({ scope: 'test', metric: 'accuracy' })
    const manifest = JSON.parse(readFileSync(join(own.artefact, 'manifest.json'), 'utf8')) as { encoder: unknown, width: number }
    expect(manifest).toMatchObject({ encoder: { kind: 'p-cnn', teacher: 'face-expression' }, width: 256 })
  })

  it('works where people are left out, and for attributes', async () => {
    expect((await run(context('age'))).summary).toMatchObject({ folds: 3 })
    expect((await run(context('looks'))).evaluations[0]).toMatchObject({ metric: 'error-rate' })
  })

  it('left and resumed gives the same bits', async () => {
    const whole = context('kind')
    const result = await run(whole)
    const left = context('kind', { leaveAfter: 2 })
    await expect(run(left)).rejects.toThrow(Leaving)
    const resumed = context('kind', { checkpoint: left.saved() })
    expect(await run(resumed)).toEqual(result)
    const bytesOf = (folder: string): Buffer => readFileSync(join(folder, 'tensors.safetensors'))
    expect(bytesOf(resumed.artefact).equals(bytesOf(whole.artefact))).toBe(true)
  })
})
