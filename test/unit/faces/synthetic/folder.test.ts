import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { decodeImage } from '#worker/faces/decode.ts'
import { createDetector } from '#worker/faces/detect.ts'
import { generateSyntheticFolder, renderSyntheticFace, synthesize } from '#worker/faces/synthetic/index.ts'

const makeFolder = (): string => mkdtempSync(path.join(tmpdir(), 'facet-drawn-'))

describe('a folder of drawn faces', () => {
  it('is the same to the byte for the same parameters, and another for another seed', async () => {
    const [one, two, three] = [
      makeFolder(),
      makeFolder(),
      makeFolder(),
    ]
    const parameters = { count: 12, identities: 4, size: 96 }
    await generateSyntheticFolder({ path: one, ...parameters, seed: 3 })
    writeFileSync(path.join(two, 'synthetic.json'), JSON.stringify({ ...parameters, seed: 3 }))
    await generateSyntheticFolder({ path: two })
    await generateSyntheticFolder({ path: three, ...parameters, seed: 4 })
    for (const file of ['labels.csv', 'images/000000.jpg', 'images/000011.jpg'])
      expect(readFileSync(path.join(two, file)).equals(readFileSync(path.join(one, file))), file).toBe(true)
    expect(readFileSync(path.join(three, 'images/000000.jpg')).equals(readFileSync(path.join(one, 'images/000000.jpg')))).toBe(false)
    expect(readdirSync(one).sort()).toEqual([
      'drawn.json',
      'images',
      'labels.csv',
      'synthetic.json',
    ])
  })

  it('holds objects of ten classes in turn where these are asked for, and no faces', async () => {
    const folder = makeFolder()
    expect(await synthesize({ path: folder, kind: 'objects', count: 20, size: 64, seed: 1 })).toEqual({ drawn: 20 })
    expect(readdirSync(folder).sort()).toEqual(['drawn.json', 'images', 'labels.csv', 'synthetic-objects.json'])
    const lines = readFileSync(path.join(folder, 'labels.csv'), 'utf8').trim().split('\n')
    expect([lines[0], lines[1], lines[11]]).toEqual(['path,object', 'images/000000.jpg,ball', 'images/000010.jpg,ball'])
    const [one, other] = [0, 10].map(index => readFileSync(path.join(folder, `images/${String(index).padStart(6, '0')}.jpg`)))
    expect(one!.equals(other!)).toBe(false)
    expect(await sharp(one).metadata()).toMatchObject({ format: 'jpeg', width: 64, height: 64 })
    await expect(synthesize({ path: folder, count: 20 })).rejects.toThrow('no synthetic.json')
    await expect(synthesize({ path: folder, kind: 'objects', identities: 3 })).rejects.toThrow('identities')
    await expect(synthesize({ path: folder, kind: 'houses' })).rejects.toThrow('kind')
  })

  it('is as it was found where the drawing is stopped', async () => {
    const folder = makeFolder()
    const asked = JSON.stringify({ count: 500, identities: 5, size: 64, seed: 1 })
    writeFileSync(path.join(folder, 'synthetic.json'), asked)
    writeFileSync(path.join(folder, 'notes.txt'), 'mine')
    const stop = new AbortController()
    const drawing = generateSyntheticFolder({ path: folder, seed: 2, signal: stop.signal, onProgress: done => done === 3 && stop.abort(new Error('enough')) })
    await expect(drawing).rejects.toThrow('enough')
    expect(readdirSync(folder).sort()).toEqual(['notes.txt', 'synthetic.json'])
    expect(readFileSync(path.join(folder, 'synthetic.json'), 'utf8')).toBe(asked)
  })

  it('is drawn once, again after a piece is missing, and anew when the parameters change', async () => {
    const folder = makeFolder()
    expect(await synthesize({
      path: folder,
      count: 6,
      identities: 2,
      size: 64,
    })).toEqual({ drawn: 6 })
    expect(await synthesize({ path: folder })).toEqual({ drawn: 0 })
    rmSync(path.join(folder, 'images/000003.jpg'))
    expect(await synthesize({ path: folder })).toEqual({ drawn: 6 })
    expect(await synthesize({ path: folder, count: 4 })).toEqual({ drawn: 4 })
    expect(readdirSync(path.join(folder, 'images'))).toHaveLength(4)
  })

  it('never takes the place of somebody\'s files', async () => {
    const folder = makeFolder()
    writeFileSync(path.join(folder, 'holiday.jpg'), 'mine')
    await expect(synthesize({ path: folder, count: 2 })).rejects.toMatchObject({ code: 'conflict', message: 'The folder holds other things (holiday.jpg) and no synthetic.json.' })
    expect(readdirSync(folder)).toEqual(['holiday.jpg'])
  })

  it('names the field and the limit of a wrong parameter', async () => {
    await expect(synthesize({
      path: makeFolder(),
      size: 4,
    })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(/size: .*64/),
    })
    await expect(synthesize({
      path: makeFolder(),
      sizes: 64,
    })).rejects.toThrow(/sizes/)
    const folder = makeFolder()
    writeFileSync(path.join(folder, 'synthetic.json'), '{ count: 3')
    await expect(synthesize({ path: folder })).rejects.toMatchObject({
      message: expect.stringContaining('This is no JSON'),
      where: expect.stringContaining('synthetic.json'),
    })
  })

  it('reports progress and stops when asked to, leaving the folder unmarked', async () => {
    const folder = makeFolder()
    const steps: number[] = []
    const stop = new AbortController()
    const work = generateSyntheticFolder({
      path: folder,
      count: 40,
      identities: 4,
      size: 64,
      signal: stop.signal,
      onProgress: (done) => {
        steps.push(done)
        if (done === 5)
          stop.abort()
      },
    })
    await expect(work).rejects.toThrow(/abort/i)
    expect(steps.slice(0, 5)).toEqual([1, 2, 3, 4, 5])
    expect(readdirSync(folder)).not.toContain('drawn.json')
  })
})

describe('a drawn face', () => {
  it('is a square colour JPEG of the size asked for', async () => {
    const { jpeg, subject } = await renderSyntheticFace({ seed: 0, size: 160, identities: 10 }, 13)
    expect(await sharp(jpeg).metadata()).toMatchObject({
      format: 'jpeg',
      width: 160,
      height: 160,
      channels: 3,
    })
    expect(subject).toBe('person-0003')
  })

  it('is found by the detector in at least 95 of 100 cases', async () => {
    const images = await Promise.all(Array.from({ length: 60 }, async (_, index) => await decodeImage((await renderSyntheticFace({ seed: 1, size: 128, identities: 30 }, index)).jpeg)))
    const detector = createDetector()
    const found = (await detector.detect(images, { minDetection: 0.6, minMesh: 0.5 })).filter(({ faces }) => faces.length > 0)
    detector.dispose()
    expect(found.length).toBeGreaterThanOrEqual(57)
  })
})
