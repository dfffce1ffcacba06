import type { Core } from '#main/core.ts'
import type { Workspace } from '#main/workspace/workspace.ts'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { studyDocumentHandlers } from '#main/handlers/study-documents.ts'
import { parseRecipe } from '#main/studies/parse-recipe.ts'
import { putStudy } from '#main/workspace/studies.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'

let folder: string
let workspace: Workspace
let handlers: ReturnType<typeof studyDocumentHandlers>
let changed: string[]

const text = `# For the paper
study: small
variables: { data: null }
data:
  utk: { format: utkface, path: "\${data}/utk" } # faces
  own: { format: folders, path: pictures }
unlabelled: [utk]
teachers: [faceres]
knowledge: [{ name: Gender-UTK, data: utk, task: gender }]
methods: ["teacher:*"]
`

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-studies-'))
  workspace = createWorkspace(join(folder, 'workspace'), 'test')
  changed = []
  handlers = studyDocumentHandlers({ workspace, emit: (_event: string, { name }: { name: string }) => changed.push(name) } as unknown as Core)
})
afterEach(async () => {
  await workspace.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A study as the terminal leaves it. */
async function addRun(name = 'small', set: string[] = ['data=/photos', 'teachers=[faceres, dlib]'], seeds?: number[]): Promise<void> {
  const settings = set.map(one => ({ path: one.split('=')[0]!, value: one.split('=')[1]! }))
  const { recipe } = parseRecipe(text, { file: 'small.yaml', folder: '/recipes', settings, seeds })
  await putStudy(workspace.db, { name, recipe: text, detail: { recipe, command: { path: '/recipes/small.yaml', set, seeds }, target: null, cells: [], faces: [], reconstructions: [], datasets: [], teachers: [], estimates: {} } }, 5)
}

describe('a study as a document', () => {
  it('is created, saved as a file that the terminal can run, and listed', async () => {
    await handlers['studies.create']({ name: 'first' })
    const { text: made, path, hasRun } = await handlers['studies.open']({ name: 'first' })
    expect(made).toContain('study: first')
    expect(path).toBe(join(workspace.paths.root, 'recipes/first.yaml'))
    expect(hasRun).toBe(false)
    await handlers['studies.save']({ name: 'first', text: made.replace('seeds: [0]', 'seeds: [0, 1]') })
    expect(readFileSync(path, 'utf8')).toContain('seeds: [0, 1]')
    expect(await handlers['studies.list']()).toMatchObject([{ name: 'first', hasRun: false, isEdited: true, title: 'A new study: say here what it is to show.' }])
    expect(changed).toEqual(['first', 'first'])
  })

  it('of the terminal opens with what --set and --seeds said, its comments kept', async () => {
    await addRun('small', undefined, [3, 4])
    const { text: opened, hasRun, isSaved } = await handlers['studies.open']({ name: 'small' })
    expect({ hasRun, isSaved }).toEqual({ hasRun: true, isSaved: false })
    expect(opened).toBe(text
      .replace('{ data: null }', '{ data: /photos }')
      .replace('path: pictures', 'path: /recipes/pictures')
      .replace('[faceres]', '[faceres, dlib]')
      .concat('seeds: [3, 4]\n'))
  })

  it('whose text has another name is saved under that, and the old one goes where it was never run', async () => {
    await handlers['studies.create']({ name: 'first' })
    const { text: made } = await handlers['studies.open']({ name: 'first' })
    expect(await handlers['studies.save']({ name: 'first', text: made.replace('study: first', 'study: second') })).toMatchObject({ name: 'second' })
    expect((await handlers['studies.list']()).map(study => study.name)).toEqual(['second'])
  })

  it('is kept as it is while its YAML is broken', async () => {
    await handlers['studies.create']({ name: 'first' })
    await handlers['studies.save']({ name: 'first', text: 'study: [' })
    expect((await handlers['studies.open']({ name: 'first' })).text).toBe('study: [')
  })

  it('is imported from the disk with paths that are found from anywhere', async () => {
    writeFileSync(join(folder, 'elsewhere.yaml'), text)
    expect(await handlers['studies.import']({ path: join(folder, 'elsewhere.yaml') })).toEqual({ name: 'small' })
    const { text: imported } = await handlers['studies.open']({ name: 'small' })
    expect(imported).toBe(text.replace('path: pictures', `path: ${folder}/pictures`))
    await expect(handlers['studies.import']({ path: join(folder, 'elsewhere.yaml') })).rejects.toThrow(/a study "small" already/)
    expect(await handlers['studies.import']({ path: join(folder, 'elsewhere.yaml'), name: 'again' })).toEqual({ name: 'again' })
    await expect(handlers['studies.import']({ path: join(folder, 'none.yaml') })).rejects.toThrow(/no such recipe/)
  })

  it('is duplicated, renamed with its runs, and deleted', async () => {
    await addRun()
    await handlers['studies.duplicate']({ name: 'small', as: 'copy' })
    expect((await handlers['studies.open']({ name: 'copy' })).text).toContain('study: copy')
    await expect(handlers['studies.duplicate']({ name: 'small', as: 'copy' })).rejects.toThrow(/already/)
    await handlers['studies.rename']({ name: 'small', as: 'large' })
    expect((await handlers['studies.list']()).map(({ name, hasRun, isEdited }) => [name, hasRun, isEdited]).sort()).toEqual([['copy', false, true], ['large', true, true]])
    const { detail } = await workspace.db.selectFrom('studies').selectAll().where('name', '=', 'large').executeTakeFirstOrThrow()
    expect(JSON.parse(detail)).toMatchObject({ recipe: { study: 'large' }, command: { path: workspace.paths.recipePath('large'), set: [] } })
    await handlers['studies.delete']({ name: 'large' })
    await handlers['studies.delete']({ name: 'copy' })
    expect(await handlers['studies.list']()).toEqual([])
    expect(existsSync(workspace.paths.recipePath('copy'))).toBe(false)
    await expect(handlers['studies.delete']({ name: 'copy' })).rejects.toThrow(/no study "copy"/)
  })
})

describe('a recipe that is checked while it is written', () => {
  const good = text.replace('{ data: null }', '{ data: /photos }')
  it('has all its problems told at field and line, in the terminal\'s words', async () => {
    const broken = good.replace('[utk]', '[utkk]').replace('task: gender', 'tsk: gender').replace('["teacher:*"]', '["teacher:*", alot]')
    const { issues } = await handlers['studies.validate']({ name: 'small', text: broken })
    expect(issues.map(({ path, where }) => [path.join('.'), where])).toEqual([['knowledge.0.task', 'small.yaml line 9'], ['knowledge.0.tsk', 'small.yaml line 9']])
    const names = await handlers['studies.validate']({ name: 'small', text: good.replace('[utk]', '[utkk]').replace('["teacher:*"]', '["teacher:*", alot]') })
    expect(names.issues.map(({ path, place }) => [path.join('.'), place?.line])).toEqual([['unlabelled.0', 7], ['methods.1', 10]])
    expect(() => parseRecipe(good.replace('[utk]', '[utkk]'), { file: 'small.yaml', folder: '/' })).toThrow(names.issues[0]!.message)
  })
  it('tells every variable without a value, and line and column of YAML that cannot be read', async () => {
    expect((await handlers['studies.validate']({ name: 'small', text })).issues).toMatchObject([{ message: 'the variable "data" has no value.', place: { line: 3 } }])
    expect((await handlers['studies.validate']({ name: 'small', text: 'study: a\nx: [1' })).issues[0]).toMatchObject({ place: { line: 2, column: 6 }, message: expect.stringContaining('cannot be read') })
  })
  it('that is right tells the methods it may name and what is not read yet', async () => {
    expect(await handlers['studies.validate']({ name: 'small', text: good })).toEqual({
      study: 'small',
      issues: [],
      combiners: ['ae'],
      methods: ['teacher:*', 'teacher:faceres', 'concat', 'concat-small', 'ae', 'mt', 'mt-finetuned', 'student', 'student-finetuned', 'scratch', 'p-cnn', 'bt', 'bct', 'bt-oracle', 'bct-oracle'],
      unread: ['utk', 'own'],
    })
  })
  it('with a teacher that this workspace has not is told so at its line', async () => {
    const { issues } = await handlers['studies.validate']({ name: 'small', text: good.replace('[faceres]', '[faceres, nobody]') })
    expect(issues).toMatchObject([{ path: ['teachers', 1], message: 'There is no teacher "nobody".', place: { line: 8 } }])
  })
})

it('the form knows the stages, teachers, formats and tables', async () => {
  const schema = await handlers['studies.schema']()
  expect(schema.forms.map(form => form.stage)).toEqual(['prepare', 'embed', 'combine', 'distil', 'transfer', 'select'])
  expect(schema.teachers.map(teacher => teacher.name)).toContain('faceres')
  expect(schema.formats).toContain('utkface')
  expect(schema.tables).toContain('target')
})
