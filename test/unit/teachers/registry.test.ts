import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addTeacher, listTeachers, requireTeacher } from '#main/teachers/registry.ts'
import { hashFiles, parseManifest, readTeacher } from '#shared/files/teacher.ts'
import { bytesOf, float, placeholder, writeModel } from './tfjs-files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-teachers-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const emotion = readFileSync(resolve(import.meta.dirname, '../../../resources/teachers/emotion.yaml'), 'utf8')

/** A manifest and model of one's own in `folder`/own. */
function ownTeacher(change: (yaml: string) => string = yaml => yaml): string {
  const home = join(folder, 'own')
  const model = writeModel(home, [
    placeholder('image', [-1, 64, 64, 1]),
    {
      name: 'out',
      op: 'Mul',
      input: ['image', 'w'],
      attr: float,
    },
  ], [
    {
      name: 'w',
      shape: [1],
      dtype: 'float32',
      bytes: bytesOf(Float32Array.of(2)),
    },
  ])
  const sha256 = hashFiles([
    model,
    join(home, 'weights.bin'),
  ])
  const yaml = emotion
    .replace('name: emotion', 'name: own')
    .replace(/source:\n( {2}.*\n)+/, 'source:\n  kind: file\n  path: model.json\n')
    .replace(/sha256: .*/, `sha256: ${sha256}`)
  writeFileSync(join(home, 'own.yaml'), change(yaml))
  return join(home, 'own.yaml')
}

describe('the registry of teachers', () => {
  it('has the eight built in, with their files checked', async () => {
    const teachers = await listTeachers(join(folder, 'none'))
    expect(teachers.map(({ name, dimension, problem }) => [name, dimension, problem])).toEqual([
      ['age-gender', 512, null],
      ['antispoof', 128, null],
      ['centernet', 120, null],
      ['dlib', 128, null],
      ['emotion', 256, null],
      ['face-expression', 256, null],
      ['faceres', 1024, null],
      ['landmarks', 256, null],
    ])
    expect(teachers.find(({ name }) => name === 'age-gender')!.contaminates).toEqual(['utkface', 'fgnet', 'imdb-wiki'])
    expect(teachers.filter(({ contaminates }) => contaminates.length > 0)).toHaveLength(1)
  })

  it('takes a teacher with its files into the workspace, once', async () => {
    const workspace = join(folder, 'workspace', 'teachers')
    const manifest = ownTeacher()
    await addTeacher(workspace, manifest)
    rmSync(join(folder, 'own'), { recursive: true })
    const own = await requireTeacher(workspace, 'own')
    expect(own).toMatchObject({ origin: 'workspace', problem: null })
    expect(readTeacher(own.manifest).model.startsWith(workspace)).toBe(true)
    await expect(addTeacher(workspace, ownTeacher())).rejects.toThrow(/a teacher "own" already \(workspace\)/)
  })

  it('answers a misspelt name with the nearest', async () => {
    await expect(requireTeacher(folder, 'facerex')).rejects.toMatchObject({
      hint: expect.stringContaining('Did you mean "faceres"?') as unknown,
    })
  })

  it('keeps a teacher whose files changed in the list, with the problem, and its key changes with the manifest', async () => {
    const before = readTeacher(ownTeacher()).sha256
    expect(readTeacher(ownTeacher(yaml => yaml.replace('crop: [25', 'crop: [24'))).sha256).not.toBe(before)
    const workspace = join(folder, 'teachers')
    mkdirSync(workspace)
    ownTeacher()
    cpSync(join(folder, 'own'), join(workspace, 'own'), { recursive: true })
    writeFileSync(join(workspace, 'own', 'weights.bin'), Buffer.alloc(4))
    const own = (await listTeachers(workspace)).find(({ name }) => name === 'own')!
    expect(own.problem).toMatch(/have the SHA-256 [0-9a-f]{64}, its manifest says [0-9a-f]{64}/)
    expect(own.sha256).toBe('')
  })
})

describe('a manifest is refused', () => {
  it.each([
    [
      'a missing field',
      (yaml: string) => yaml.replace(/ {2}dimension: .*\n/, ''),
      /embedding.dimension: /,
    ],
    [
      'an unknown field',
      (yaml: string) => yaml.replace('  dimension:', '  dimensions: 3\n  dimension:'),
      /embedding.dimensions: /,
    ],
    [
      'a crop outside the face',
      (yaml: string) => yaml.replace('crop: [25, 25, 275, 275]', 'crop: [25, 25, 375, 275]'),
      /input.crop is \[25, 25, 375, 275\]/,
    ],
    [
      'more means than colours',
      (yaml: string) => yaml.replace('mean: [127.5]', 'mean: [1, 2, 3]'),
      /input.mean has 3 numbers; gray takes 1/,
    ],
    [
      'a path that leaves its folder',
      (yaml: string) => yaml.replace('path: model.json', 'path: ../../model.json'),
      /leaves the folder/,
    ],
  ] as const)('with %s', (_, change, message) => {
    expect(() => readTeacher(ownTeacher(change))).toThrow(message)
  })

  it('naming file and line', () => {
    const path = ownTeacher(yaml => yaml.replace('dimension: 256', 'dimension: -1'))
    const line = readFileSync(path, 'utf8').split('\n').findIndex(each => each.includes('dimension: -1')) + 1
    try {
      parseManifest(path)
      expect.unreachable()
    }
    catch (error) {
      expect((error as { where: string }).where).toBe(`${path} line ${line}`)
    }
  })

  it('with a package of another version than it was made for', () => {
    const path = join(folder, 'emotion.yaml')
    writeFileSync(path, emotion.replace('version: 3.3.6', 'version: 3.0.0'))
    expect(() => readTeacher(path)).toThrow(/@vladmandic\/human 3.3.6 is installed, the manifest was made for 3.0.0/)
  })
})
