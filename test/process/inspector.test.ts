import type { Inspector } from '#main/runner/inspector.ts'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import sharp from 'sharp'
import { afterEach, expect, it } from 'vitest'
import { createInspector } from '#main/runner/inspector.ts'

const real = join(import.meta.dirname, '../../src/worker/inspect.ts')
let inspector: Inspector
function open(entry = join(import.meta.dirname, 'inspect-worker.ts')) {
  inspector = createInspector({ node: process.execPath, entry })
  return inspector
}
afterEach(() => inspector.close())

it('finds the one file that kills the worker and looks at all others', async () => {
  const results = await open().probe(['a', 'b', 'deadly', 'broken', 'e'])
  expect(results.map(result => result.ok)).toEqual([true, true, false, false, true])
  expect(results[2]).toEqual({ ok: false, reason: 'No answer: the worker that looked at it ended (SIGKILL).' })
})

it('keeps one worker while it lives', async () => {
  open()
  const [first] = await inspector.probe(['a'])
  expect(await inspector.probe(['b'])).toEqual([first])
})

it('answers for pictures while a network is looked at without end, and ends both with itself', async () => {
  let ended: unknown
  const trial = open().ask('inspectModel', { path: 'model.json' }).catch((error: unknown) => { ended = error })
  expect(await inspector.ask('thumbnails', { paths: ['a'], side: 8 })).toHaveLength(1)
  expect(await inspector.probe(['b'])).toMatchObject([{ ok: true }])
  expect(ended).toBeUndefined()
  inspector.close()
  await trial
  expect(ended).toMatchObject({ message: 'No answer: the host was closed.' })
})

it('gives up on an answer that does not come and goes on with a new worker', async () => {
  open()
  await expect(inspector.ask('probe', {
    paths: ['endless'],
  }, { deadlineMs: 700 })).rejects.toThrow('No answer: it took longer than 1 s.')
  expect(await inspector.probe(['a'])).toMatchObject([
    { ok: true },
  ])
})

it('the real worker probes real images', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'facet-test-'))
  const image = join(folder, 'image.png')
  const text = join(folder, 'text.jpg')
  await sharp({
    create: {
      width: 5,
      height: 4,
      channels: 3,
      background: 'red',
    },
  }).png().toFile(image)
  writeFileSync(text, 'no image')
  const [first, second] = await open(real).probe([image, text])
  expect(first).toEqual({
    ok: true,
    width: 5,
    height: 4,
    format: 'png',
    pages: 1,
  })
  expect(second).toMatchObject({
    ok: false,
    reason: expect.any(String),
  })
  rmSync(folder, { recursive: true })
})
