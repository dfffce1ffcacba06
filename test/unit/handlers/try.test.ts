import { Buffer } from 'node:buffer'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { renderSyntheticFace } from '#worker/faces/synthetic/index.ts'
import { makeNetworks } from '../../networks.ts'
import { openData } from './data-fixture.ts'

let data: ReturnType<typeof openData>
beforeEach(() => {
  data = openData()
})
afterEach(() => data.close())

it('names the studies whose networks can be asked, and what they speak about', async () => {
  expect(await data.call('try.studies')).toEqual([])
  await makeNetworks(data.workspace)
  expect(await data.call('try.studies')).toEqual([{ study: 'sketch', student: 'transfer Gender, student, seed 0', knowledge: ['Gender', 'Ethnic'], teachers: ['emotion'] }])
})

it('answers an uploaded photograph by student and teachers, marks what is sensitive, and stores nothing', async () => {
  await makeNetworks(data.workspace)
  const { jpeg } = await renderSyntheticFace({ seed: 1, size: 400, identities: 100 }, 3)
  const tried = await data.call('try.predict', { study: 'sketch', photograph: jpeg.toString('base64') })
  expect(tried).toMatchObject({ study: 'sketch', width: 400, height: 400, sensitive: ['Ethnic'], missing: [], isWholeImage: false })
  expect(tried.notices.join()).toContain('AI Act')
  expect(tried.faces).toHaveLength(1)
  expect(tried.faces[0]!.predictions.map(({ knowledge }) => knowledge)).toEqual(['Gender', 'Ethnic'])
  expect(tried.faces[0]!.teachers.map(({ knowledge, teacher }) => [knowledge, teacher])).toEqual([['Gender', 'emotion']])
  expect(JSON.stringify(await data.workspace.db.selectFrom('runs').selectAll().execute())).not.toContain(jpeg.toString('base64').slice(0, 60))
})

it('refuses what is no photograph, and a study without networks, saying what to do', async () => {
  await makeNetworks(data.workspace)
  await expect(data.call('try.predict', { study: 'sketch', photograph: Buffer.from('<svg/>').toString('base64') })).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('SVG') })
  await expect(data.call('try.predict', { study: 'sketch', photograph: 'not base64!' })).rejects.toMatchObject({ code: 'usage' })
  await expect(data.call('try.predict', { study: 'other', photograph: 'AAAA' })).rejects.toMatchObject({ code: 'not-found' })
})
