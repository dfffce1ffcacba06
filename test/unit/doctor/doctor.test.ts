import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { renderDoctor, runDoctor } from '#main/doctor/index.ts'
import { checkDisk } from '#main/doctor/machine.ts'
import { checkWorkspace } from '#main/doctor/workspace.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { createWorkspace } from '#main/workspace/workspace.ts'

let folder: string
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'facet-doctor-')) })
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('workspace', () => {
  const verdicts = async (): Promise<Record<string, string>> => Object.fromEntries((await checkWorkspace(folder)).map(({ name, verdict }) => [name, verdict]))

  it('one that is not there is absent, no problem', async () => {
    expect(await verdicts()).toEqual({ workspace: 'absent' })
  })

  it('a new one is sound, also while somebody holds it, whom it names', async () => {
    const workspace = createWorkspace(folder, 'facet run')
    expect(await verdicts()).toEqual({ workspace: 'ok', backups: 'absent', artefacts: 'ok', datasets: 'ok', leftovers: 'ok' })
    expect((await checkWorkspace(folder))[0]!.value).toMatch(/held by facet run \(process \d+\)/)
    await workspace.close()
    expect((await checkWorkspace(folder))[0]!.value).not.toMatch(/held/)
  })

  it('a finished run without its artefact and a data set whose folder is gone are told', async () => {
    const { connection, close } = createWorkspace(folder, 'test')
    connection.prepare(`insert into runs (key, stage, version, config, inputs, seed, uses_seed, uses_all_cores, label, work_order, state, position, queued_at_ms)
      values (?, 'prepare', 1, '{}', '[]', 0, 0, 0, 'prepare', '{}', 'done', 1, 0)`).run('a'.repeat(64))
    connection.prepare(`insert into datasets (name, fingerprint, format, root, options, summary, added_at_ms) values ('mine', ?, 'folders', '/nowhere/mine', '{}', '{}', 0)`).run('b'.repeat(64))
    await close()
    const checks = await checkWorkspace(folder)
    expect(checks.map(({ verdict }) => verdict)).toEqual(['ok', 'absent', 'problem', 'problem', 'ok'])
    expect(checks[2]!.value).toBe('1 of 1 finished runs cannot use theirs: aaaaaaaa (it is not there)')
    expect(checks[3]!.value).toBe('the labels of mine: it is not there; the folder is gone of mine (/nowhere/mine)')
    const path = workspacePaths(folder).facesPath('a'.repeat(64))
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, '')
    expect((await verdicts()).artefacts).toBe('ok')
  })

  it('a damaged database page is a problem with the way back', async () => {
    const { connection, close } = createWorkspace(folder, 'test')
    connection.pragma('wal_checkpoint(truncate)')
    await close()
    const path = workspacePaths(folder).database
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.fill(0xAB, 4096, 12_288))
    const [check] = await checkWorkspace(folder)
    expect(check).toMatchObject({
      verdict: 'problem',
      hint: expect.stringContaining('facet doctor --fix'),
    })
  })
})

it('the disk of a folder that does not exist yet is that of its parent', () => {
  expect(checkDisk('cache-disk', 'Disk', join(folder, 'a', 'b'))).toMatchObject({
    value: expect.stringMatching(/^\d+\.\d GB free at .*a\/b/),
  })
})

it('the whole report says each thing once and adds up to healthy on a machine that is set up', async () => {
  const report = await runDoctor({ workspace: folder, fix: false })
  expect(report.checks.map(({ name }) => name)).toEqual([
    ...[
      'facet',
      'node',
      'npm',
      'python',
      'compiler',
      'engine',
      'gpu',
      'platform',
      'cores',
      'memory',
    ],
    ...[
      'cache-disk',
      'workspace-disk',
      'workspace',
      'browser',
      'electron',
    ],
  ])
  expect(report.checks.find(({ name }) => name === 'engine')!.value).toMatch(/^TensorFlow 2\.21\.0, tfjs 4\.22\.0, on the (?:CPU|GPU)/)
  expect(report).toMatchObject({ isHealthy: true, repair: 'none' })
  expect(renderDoctor(report)).toMatch(/Everything that is needed works\.$/)
})

it('a problem is counted and its remedy printed below it', () => {
  const text = renderDoctor({
    isHealthy: false,
    repair: 'none',
    repaired: ['A file was moved.'],
    checks: [
      {
        name: 'engine',
        title: 'Engine',
        verdict: 'problem',
        value: 'not installed',
        hint: 'npm run facet -- doctor --fix',
      },
      {
        name: 'gpu',
        title: 'GPU',
        verdict: 'absent',
        value: 'none',
      },
    ],
  })
  expect(text.split('\n')).toEqual([
    'PROBLEM  Engine  not installed',
    '                 npm run facet -- doctor --fix',
    '-        GPU     none',
    '',
    'Repaired:',
    '- A file was moved.',
    '',
    '1 problem.',
  ])
})
