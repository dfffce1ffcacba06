import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { nodeBinary, packageRoot } from '#main/node-binary.ts'

interface Ended { code: number, stdout: string, stderr: string }

let folder: string
let workspace: string

/** The real program in a process of its own. */
function facet(...words: string[]): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(nodeBinary(), [
      join(packageRoot, 'src/main/cli.ts'),
      ...words,
    ], {
      cwd: folder,
      env: { ...process.env, FACET_WORKSPACE: workspace, NO_COLOR: '1' },
    }, (error, stdout, stderr) => {
      resolve({
        code: error
          ? Number(error.code)
          : 0,
        stdout,
        stderr,
      })
    })
  })
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'facet-cli-'))
  workspace = join(folder, 'workspace')
  for (const [label, count] of [
    ['cats', 4],
    ['dogs', 4],
  ] as const) {
    mkdirSync(join(folder, 'pictures', label), { recursive: true })
    for (let i = 0; i < count; i++) {
      await sharp({
        create: {
          width: 32,
          height: 32,
          channels: 3,
          background: { r: 40 * i, g: label.length, b: 200 },
        },
      }).jpeg().toFile(join(folder, 'pictures', label, `${i}.jpg`))
    }
  }
  writeFileSync(join(folder, 'pictures', 'cats', 'broken.jpg'), 'no image')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('what is wrong on the command line ends with code 2 and one sentence on stderr', () => {
  it.each([
    [
      'a misspelt command, with the nearest',
      ['rnus'],
      'Unknown command "rnus".',
      'Did you mean runs?',
    ],
    [
      'a misspelt option, with the nearest',
      ['runs', '--jsno'],
      'Unknown option "--jsno".',
      'Did you mean --json?',
    ],
    [
      'a table that is not there, with the nearest',
      ['table', 'targt'],
      'There is no table "targt".',
      'Did you mean "target"?',
    ],
    [
      'a format that is not there',
      ['table', 'target', '--format', 'docx'],
      'There is no table format "docx".',
      'latex',
    ],
    [
      'a key that is none',
      ['show', 'xyz'],
      '"xyz" is no run key',
      'facet runs lists them.',
    ],
    [
      'a key that is too short',
      ['pause', 'abc12'],
      '"abc12" is no run key',
      'first 6',
    ],
    [
      'one run to compare',
      ['compare', 'abcdef'],
      'Missing required argument',
      '',
    ],
    [
      'a setting without a value',
      ['plan', 'x.yaml', '--set', 'seeds'],
      '--set is "seeds"',
      'path=value',
    ],
    [
      'seeds that are no numbers',
      ['run', 'x.yaml', '--seeds', '0,one'],
      '--seeds has "one"',
      '',
    ],
    [
      'a JSON document that is to be another format',
      ['table', 'target', '--format', 'csv', '--json'],
      '--json and --format csv contradict each other.',
      '-o',
    ],
    [
      'a JSON document without an end',
      ['logs', 'abcdef', '--follow', '--json'],
      '--follow and --json cannot go together',
      '',
    ],
    [
      'nothing to resume',
      ['resume'],
      'Nothing is named to resume.',
      '--all',
    ],
  ])('%s', async (_, words, message, hint) => {
    const { code, stdout, stderr } = await facet(...words)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(message)
    expect(stderr).toContain(hint)
    expect(stderr).not.toMatch(/at .*\.ts:\d/)
  })
})

it('help lists every command on stdout with code 0, and no command at all is a wrong usage', async () => {
  const help = await facet('--help')
  expect(help.code).toBe(0)
  for (const command of [
    'init',
    'dataset',
    'teacher',
    'plan',
    'run',
    'runs',
    'show',
    'logs',
    'pause',
    'stop',
    'resume',
    'table',
    'compare',
    'predict',
    'export',
    'doctor',
    'gc',
    'backup',
  ])
    expect(help.stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'))
  expect((await facet()).code).toBe(2)
  const version = await facet('--version')
  expect(version).toMatchObject({ code: 0, stderr: '' })
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

it('a workspace that is not there is refused with what to do, and nothing is made', async () => {
  const nowhere = join(folder, 'nowhere')
  const { code, stdout, stderr } = await facet('runs', '--workspace', nowhere)
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('There is no Facet workspace here.')
  expect(stderr).toContain('facet init')
  expect(existsSync(nowhere)).toBe(false)
})

it('a recipe that is not there is refused with its path', async () => {
  const { code, stderr } = await facet('run', 'nope.yaml')
  expect(code).toBe(1)
  expect(stderr).toContain('nope.yaml: There is no such recipe.')
})

it('data sets are added, listed and shown, with --json before or after the command', async () => {
  expect(await facet('init')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(workspace),
  })
  const added = await facet('dataset', 'add', 'pictures', '--format', 'folders', '--name', 'pets')
  expect(added.code).toBe(0)
  expect(added.stdout).toMatch(/samples +8/)
  expect(added.stdout).toMatch(/rejected +1 file/)
  const [before, after] = await Promise.all([
    facet('--json', 'dataset', 'list'),
    facet('dataset', 'list', '--json'),
  ])
  expect(JSON.parse(before.stdout)).toEqual(JSON.parse(after.stdout))
  expect(JSON.parse(after.stdout)).toMatchObject([
    {
      name: 'pets',
      format: 'folders',
      summary: { samples: 8, rejected: 1 },
    },
  ])
  const shown = await facet('dataset', 'show', 'pets')
  expect(shown.stdout).toContain('cats/broken.jpg')
  const misspelt = await facet('dataset', 'show', 'pest')
  expect(misspelt.code).toBe(1)
  expect(misspelt.stderr).toContain('Did you mean "pets"?')
})

it('an empty workspace answers in words and as JSON', async () => {
  expect(await facet('runs')).toMatchObject({ code: 0, stdout: 'No such run.\n' })
  expect(JSON.parse((await facet('runs', '--json')).stdout)).toEqual([])
  expect(await facet('show', 'abcdef')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no run abcdef'),
  })
  expect(await facet('table', 'target')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('There is no study in this workspace.'),
  })
  expect(await facet('gc')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('Nothing to remove'),
  })
  expect(await facet('predict', 'nothing.jpg', '--study', 'x')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('nothing.jpg: There is no such photograph.'),
  })
})

it('a plan of data sets that are missing estimates at published sizes and fails', async () => {
  const words = ['plan', join(packageRoot, 'resources/recipes/paper.yaml'), '--set', 'data=nowhere']
  const told = await facet(...words)
  expect(told).toMatchObject({ code: 1, stderr: expect.stringMatching(/^11 of the study's 11 data sets are missing\..*--set data\.NAME\.path=DIR\.\n$/) })
  expect(told.stdout).toContain('202,599 images')
  expect(told.stdout).toMatch(/^embed +11 +\d/m)
  const asJson = await facet(...words, '--json')
  expect(asJson.code).toBe(1)
  expect(JSON.parse(asJson.stdout)).toMatchObject({ steps: [], assumed: { datasets: 11, folders: { length: 11 } } })
  const run = await facet('run', ...words.slice(1))
  expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('11 of the study\'s 11 data sets are missing:') })
})

it('a plan shows each step and changes no run', async () => {
  writeFileSync(join(folder, 'pets.yaml'), `study: pets
data: { pets: { format: folders, path: pictures } }
unlabelled: [pets]
teachers: [emotion]
stages: { prepare: { aligned: true }, combine: [{ kind: pca }] }
knowledge: [{ name: Pets, data: pets, task: class }]
methods: ["teacher:*", pca]
tables: [target]
`)
  const planned = await facet('plan', 'pets.yaml', '--json')
  expect(planned.stderr).toBe('')
  expect(planned.code).toBe(0)
  const plan = JSON.parse(planned.stdout) as { toDo: number, cached: number, steps: { label: string, state: string }[] }
  expect(plan).toMatchObject({ cached: 0, toDo: plan.steps.length })
  expect(plan.steps.map(({ label }) => label)).toContain('prepare pets')
  expect(JSON.parse((await facet('runs', '--json')).stdout)).toEqual([])
  const wrong = await facet('plan', 'pets.yaml', '--set', 'stages.combine.0.kind=pac')
  expect(wrong.code).toBe(1)
  expect(wrong.stderr).toContain('pca')
})
