import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFront } from '#main/front/front.ts'
import { forgetWorkspace, listRecent, readRemembered, remember, rememberWorkspace } from '#main/front/recent.ts'

let base: string
let settings: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'facet-front-'))
  settings = join(base, 'config', 'app.json')
})
afterEach(() => rmSync(base, { recursive: true }))

it('remembers recent workspaces, newest first, once each', () => {
  mkdirSync(join(base, 'a'))
  writeFileSync(join(base, 'a', 'facet.sqlite'), '')
  rememberWorkspace(join(base, 'a'), 1, settings)
  rememberWorkspace(join(base, 'gone'), 2, settings)
  rememberWorkspace(join(base, 'a'), 3, settings)
  expect(listRecent(settings)).toEqual([
    { path: join(base, 'a'), name: 'a', openedAtMs: 3, isThere: true },
    { path: join(base, 'gone'), name: 'gone', openedAtMs: 2, isThere: false },
  ])
  forgetWorkspace(join(base, 'gone'), settings)
  expect(listRecent(settings)).toHaveLength(1)
})

it('keeps at most twelve, and the other settings', () => {
  remember(() => ({ theme: 'dark' }), settings)
  for (let i = 0; i < 20; i++)
    rememberWorkspace(`/w${i}`, i, settings)
  expect(listRecent(settings)).toHaveLength(12)
  expect(readRemembered(settings).theme).toBe('dark')
})

it.each(['', 'no json', '[]', '{"recent":7,"theme":"pink","window":{"width":"wide"}}'])('starts with settings that read %j', (text) => {
  mkdirSync(join(base, 'config'))
  writeFileSync(settings, text)
  expect(readRemembered(settings)).toEqual({ recent: [], theme: 'system', window: null })
})

it('answers what concerns no workspace, and says that none is open', async () => {
  const front = createFront({ settings })
  expect(await front.dispatch('front.workspaces', {})).toMatchObject({ ok: true, value: { current: null, recent: [], problem: null } })
  expect(await front.dispatch('runs.list', {})).toMatchObject({ ok: false, problem: { code: 'not-found', message: 'No workspace is open.' } })
})

it.each(['front.constructor', 'front.__proto__', 'front.', 'constructor', 'toString', 'front.close'])('knows no call %s', async (name) => {
  expect(await createFront({ settings }).dispatch(name, {})).toMatchObject({ ok: false, problem: { code: 'usage', message: expect.stringContaining('no method') } })
})

it.each([
  ['front.openWorkspace', { path: 'relative' }],
  ['front.openWorkspace', { path: '/x', also: 1 }],
  ['front.forgetWorkspace', {}],
  ['front.browse', { path: '/', showsFiles: 'yes' }],
])('refuses %s %j', async (name, input) => {
  expect(await createFront({ settings }).dispatch(name, input)).toMatchObject({ ok: false, problem: { code: 'usage' } })
})

it('lists folders first, hides hidden entries, follows links, keeps to the wanted endings', async () => {
  for (const folder of ['b10', 'b9', '.hidden'])
    mkdirSync(join(base, folder))
  for (const file of ['model.JSON', 'photo.jpg', '.secret.json'])
    writeFileSync(join(base, file), 'xy')
  symlinkSync(join(base, 'b9'), join(base, 'linked'))
  symlinkSync(join(base, 'nowhere'), join(base, 'dangling'))
  const reply = await createFront({ settings }).dispatch('front.browse', { path: base, showsFiles: true, extensions: ['json'] })
  expect(reply).toMatchObject({ ok: true, value: {
    path: base,
    entries: [
      { name: 'b9', kind: 'folder', sizeBytes: null },
      { name: 'b10', kind: 'folder' },
      { name: 'linked', kind: 'folder' },
      { name: 'model.JSON', kind: 'file', sizeBytes: 2 },
    ],
    isTruncated: false,
    isWorkspace: false,
  } })
})

it('says which folder is not there', async () => {
  expect(await createFront({ settings }).dispatch('front.browse', { path: join(base, 'nowhere') })).toMatchObject({ ok: false, problem: { code: 'not-found', where: join(base, 'nowhere') } })
})
