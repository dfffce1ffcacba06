import type { AddOptions } from '#main/cli/commands/teacher-add.ts'
import { join } from 'node:path'
import { Command } from 'commander'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { registerAdd } from '#main/cli/commands/teacher-add.ts'
import { openData } from '../handlers/data-fixture.ts'
import { colourNet, onnxTeacher } from '../teachers/onnx-files.ts'

let data: ReturnType<typeof openData>
let model: string
beforeAll(() => {
  data = openData()
  model = join(data.folder, 'colours.onnx')
  onnxTeacher(model, colourNet())
})
afterAll(() => data.close())

/** The command as it stands in the program, on a real workspace or on what answers in its place. */
async function run(words: string[], call: unknown = data.call): Promise<unknown> {
  let answer: unknown
  const program = new Command().exitOverride().configureOutput({ writeErr: () => {} })
  registerAdd(program, action => async (...params) => {
    // commander hands the command itself on, behind arguments and options
    await action({ workspace: '', terminal: { result: (value: unknown) => { answer = value } } as never, connect: async () => ({ call }) as never }, ...params.slice(0, -1) as never)
  })
  await program.parseAsync(['add', ...words], { from: 'user' })
  return answer
}
const said = ['--name', 'own', '--knowledge', 'colour', '--licence', 'MIT']

it('a model file becomes a teacher with what is said, and what is usual where nothing is', async () => {
  expect(await run([model, ...said, '--node', 'map', '--mean', '1,2,3', '--crop', '0,0,300,300', '--trained-on', 'LFW, MS-Celeb', '--has-seen', 'lfw'])).toMatchObject({
    name: 'own',
    title: 'own',
    format: 'onnx',
    embedding: { node: 'map', dimension: 4, pool: 'average' },
    input: { size: 12, crop: [0, 0, 300, 300], color: 'rgb', mean: [1, 2, 3], std: [127.5] },
    licence: 'MIT',
    trainedOn: ['LFW', 'MS-Celeb'],
    contaminates: ['lfw'],
    probes: [{ image: 'gradient' }, { image: 'face' }, { image: 'noise' }],
  })
  expect(await data.call('teachers.get', { name: 'own' })).toMatchObject({ problem: null, dimension: 4 })
})

it('a manifest and a run are handed on as they are', async () => {
  const call = vi.fn(async () => ({}))
  await run(['/t/own.yaml'], call)
  await run(['--run', 'ABCDEF12', '--name', 'own', '--knowledge', 'age'], call)
  expect(call.mock.calls).toEqual([['teachers.add', { path: '/t/own.yaml' }], ['teachers.createFromRun', { key: 'abcdef12', name: 'own', knowledge: 'age' }]])
})

it.each<[string, string[], RegExp, RegExp]>([
  ['nothing', [], /Nothing is named/, /--run KEY/],
  ['two things', ['x.onnx', '--run', 'abcdef'], /two things/, /PATH/],
  ['a run without a name', ['--run', 'abcdef'], /--name is missing/, /--help/],
  ['settings of a run', ['--run', 'abcdef', '--name', 'x', '--size', '32'], /--size says nothing here/, /out/],
  ['settings of a manifest', ['own.yml', '--name', 'x'], /--name says nothing here: a manifest/, /out/],
])('refuses %s', async (_name, words, message, hint) => {
  await expect(run(words)).rejects.toMatchObject({ code: 'usage', message: expect.stringMatching(message), hint: expect.stringMatching(hint) })
})

it('says what of a model file is missing or not there', async () => {
  const without = (option: string): string[] => said.filter((_, i) => said[i] !== option && said[i - 1] !== option)
  await expect(run([model, ...said])).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('--node is missing: which of the model\'s 4 nodes') })
  await expect(run([model, ...without('--knowledge'), '--node', 'map'])).rejects.toMatchObject({ message: expect.stringContaining('--knowledge is missing') })
  await expect(run([model, ...without('--licence'), '--node', 'map'])).rejects.toMatchObject({ message: expect.stringContaining('"unknown" is an answer') })
  await expect(run([model, ...said, '--node', 'nowhere'])).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('no node "nowhere"'), where: model })
  const open = join(data.folder, 'open.onnx')
  onnxTeacher(open, colourNet({ shape: [-1, 3, -1, -1] }))
  await expect(run([open, ...said, '--node', 'map'])).rejects.toMatchObject({ message: expect.stringContaining('--size is missing') })
})

it.each<[string, keyof AddOptions]>([['--mean 1,2', 'mean'], ['--crop 0,0,300', 'crop'], ['--std x', 'std'], ['--color cmyk', 'color'], ['--size 4', 'size']])('reads no %s', async (text) => {
  await expect(run([model, ...text.split(' ')])).rejects.toMatchObject({ code: 'commander.invalidArgument' })
})
