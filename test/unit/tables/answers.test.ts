import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readAnswers } from '#main/tables/answers.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  writeDataset(join(folder, 'data.sqlite'), {
    meta: { format: 'csv', root: folder, fingerprint: 'a'.repeat(64), tasks: { attributes: { kind: 'attributes', label: 'attributes', attributes: ['Bald', 'Young'], protocol: 'split' }, age: { kind: 'regression', label: 'age', unit: 'years', range: [0, 100], protocol: 'subjects' } }, aligned: true, licence: 'made up', notes: [] },
    samples: [],
    rejected: [],
    pairs: [],
  })
})
afterEach(() => rmSync(folder, { recursive: true }))

const header = 'path,split,label,prediction,found,unseen,subject'
function read(lines: readonly string[], at = 1, task = 'age') {
  const file = join(folder, 'predictions.csv')
  writeFileSync(file, `${[header, ...lines].join('\n')}\n`)
  utimesSync(file, at, at)
  return readAnswers({
    stage: 'transfer',
    state: 'done',
    config: JSON.stringify({ task }),
    work_order: JSON.stringify({ artefact: folder, sources: [{ name: 'made', dataset: join(folder, 'data.sqlite') }] }),
  })
}

it('reads plain lines and quoted ones', () => {
  const plain = { path: 'a.jpg', label: 3, prediction: 4.5, found: true, unseen: false, cluster: 'x' }
  expect(read(['a.jpg,test,3,4.5,true,false,x', 'b.jpg,,7,,false,true,'])).toMatchObject({
    knowledge: 'made/age',
    answers: [plain, { path: 'b.jpg', label: 7, prediction: null, found: false, unseen: true, cluster: null }],
  })
  expect(read(['a.jpg,test,3,4.5,true,false,x', '"b, ""2"".jpg",,7,8,true,true,'], 2)!.answers).toEqual([plain, { path: 'b, "2".jpg', label: 7, prediction: 8, found: true, unseen: true, cluster: null }])
})

it('keeps what it read as long as the file is the same', () => {
  const first = read(['a.jpg,test,3,4.5,true,false,'])
  expect(read(['a.jpg,test,3,4.5,true,false,'])).toBe(first)
  expect(read(['a.jpg,test,3,5.5,true,false,'], 2)!.answers[0]!.prediction).toBe(5.5)
  rmSync(join(folder, 'predictions.csv'))
  expect(readAnswers({ stage: 'transfer', state: 'done', config: '{"task":"age"}', work_order: JSON.stringify({ artefact: folder, sources: [{}] }) })).toBeNull()
})

it('a file that was cut off is an error that names the line, not fewer answers', () => {
  expect(() => read(['a.jpg,test,3,4.5,true,false,', 'b.jpg,test,3'])).toThrow('Line 3 is no answer: "b.jpg,test,3".')
  expect(() => read(['"a.jpg",test,3,4.5,true,false,', 'b.jpg'])).toThrow('Line 3 is no answer')
  expect(() => read(['a.jpg,test,many,4.5,true,false,'])).toThrow('Line 2 is no answer')
})

it('attributes are words, never numbers: 010 keeps its first zero', () => {
  const { answers } = read(['a.jpg,test,01,00,true,false,', 'b.jpg,test,1-,,false,true,', 'c.jpg,train,11,11,true,false,'], 1, 'attributes')!
  expect(answers.map(({ path, label, prediction, found }) => [path, label, prediction, found])).toEqual([['a.jpg', '01', '00', true], ['b.jpg', '1-', null, false]])
  expect(() => read(['a.jpg,test,01,001,true,false,'], 2, 'attributes')).toThrow('Line 2 is no answer')
})
