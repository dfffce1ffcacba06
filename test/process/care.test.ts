import type { PlannedRun } from '#main/runner/planned-run.ts'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '#main/core.ts'
import { repairWorkspace } from '#main/doctor/repair-workspace.ts'
import { checkWorkspace } from '#main/doctor/workspace.ts'
import { backUp, backupPath } from '#main/workspace/backup.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { openHost, plan, sumAfter, temporaryFolder } from './workspace-fixture.ts'

/** Damage done to real workspaces whose runs real workers have sealed, and what doctor makes of it. */
let root: string
let remove: () => void
let runs: PlannedRun[]
beforeEach(async () => {
  ({ folder: root, remove } = temporaryFolder())
  runs = ['one', 'two', 'three'].map(name => plan(root, name, { steps: 30 }))
  await compute()
})
afterEach(() => remove())

async function compute() {
  const host = await openHost(root)
  const asked = await host.runner.enqueue('study', runs)
  await host.runner.idle('study')
  await host.close()
  return { cached: asked.cached.length, queued: asked.queued.length }
}

async function checks(isThorough = true) {
  return Object.fromEntries((await checkWorkspace(root, { isThorough })).map(({ name, verdict, value }) => [name, `${verdict}: ${value}`]))
}

async function fix() {
  let close = async () => {}
  const said = await repairWorkspace(root, async () => {
    const connection = await connect(root, { title: 'test' })
    close = connection.close
    return connection.client
  })
  await close()
  return said
}
const artefact = (run: PlannedRun) => workspacePaths(root).modelPath(run.key)
const sumFile = (run: PlannedRun) => join(artefact(run), 'sum.txt')

/** Everything that the database says of runs and curves, without times and processes. */
function contents() {
  const db = new Database(workspacePaths(root).database, { readonly: true })
  try {
    return {
      runs: db.prepare('select key, label, state, bytes, result, last_seq from runs order by key').all(),
      metrics: db.prepare('select run, metric, step, value from metrics order by run, metric, step').all(),
      evaluations: db.prepare('select * from evaluations order by run').all(),
      studies: db.prepare('select study, run, position from study_runs order by run').all(),
      sealed: db.prepare('select * from sealed_files order by artefact, file').all(),
    }
  }
  finally {
    db.close()
  }
}

/** Overwrites pages of the database: those whose number fits. */
function damagePages(fits: (page: number) => boolean) {
  const { database } = workspacePaths(root)
  const bytes = readFileSync(database)
  for (let page = 0; page * 4096 < bytes.length; page++) {
    if (fits(page))
      bytes.fill(0xAB, page * 4096, (page + 1) * 4096)
  }
  writeFileSync(database, bytes)
}

describe('artefacts', () => {
  it('are whole as their workers sealed them, and stay untouched by a repair', async () => {
    expect(await checks()).toMatchObject({ workspace: expect.stringMatching(/^ok/), artefacts: expect.stringMatching(/^ok: all of 3 finished runs are there and as they were sealed/), leftovers: 'ok: none' })
    const before = contents()
    expect(before.sealed).toHaveLength(3)
    expect(await fix()).toEqual([])
    expect(contents()).toEqual(before)
  })

  it('with one bit changed are found, set aside and computed again by the next run', async () => {
    const bytes = readFileSync(sumFile(runs[1]!))
    bytes[0]! ^= 1
    writeFileSync(sumFile(runs[1]!), bytes)
    expect(await checks(false)).toMatchObject({ artefacts: expect.stringMatching(/^ok/) }) // sizes alone do not tell
    expect(await checks()).toMatchObject({ artefacts: expect.stringContaining(`1 of 3 finished runs cannot use theirs: ${runs[1]!.key.slice(0, 8)} (sum.txt has changed since it was sealed)`) })
    expect(await fix()).toEqual(['two: sum.txt has changed since it was sealed; it is queued again, and the next facet run of its study computes it.'])
    const [time] = readdirSync(join(root, 'trash'))
    expect(readFileSync(join(root, 'trash', time!, 'artefacts', 'models', runs[1]!.key, 'sum.txt'))).toEqual(bytes)
    expect(await compute()).toEqual({ cached: 2, queued: 1 })
    expect(readFileSync(sumFile(runs[1]!), 'utf8')).toBe(String(sumAfter(30)))
    expect(await checks()).toMatchObject({ artefacts: expect.stringMatching(/^ok/) })
  })

  it('that are cut short, lack a file or are gone are found by name and size alone', async () => {
    truncateSync(sumFile(runs[0]!), 1)
    rmSync(sumFile(runs[1]!))
    rmSync(artefact(runs[2]!), { recursive: true })
    const { artefacts } = await checks(false)
    expect(artefacts).toMatch(/^problem: 3 of 3/)
    for (const why of ['sum.txt has 1 B, and', 'sum.txt is missing from it', 'it is not there'])
      expect(artefacts).toContain(why)
    expect(await fix()).toHaveLength(3)
    expect(await compute()).toEqual({ cached: 0, queued: 3 })
  })

  it('sealed before checksums were kept get theirs once, and are compared with them from then on', async () => {
    const db = new Database(workspacePaths(root).database)
    db.exec('delete from sealed_files')
    db.close()
    expect(await checks()).toMatchObject({ artefacts: expect.stringContaining('3 were sealed before checksums were kept') })
    expect(await fix()).toEqual(['The checksums of 3 artefacts that were sealed before checksums were kept are kept from now on.'])
    const bytes = readFileSync(sumFile(runs[0]!))
    bytes[0]! ^= 1
    writeFileSync(sumFile(runs[0]!), bytes)
    expect(await checks()).toMatchObject({ artefacts: expect.stringMatching(/^problem: 1 of 3/) })
  })
})

describe('leftovers', () => {
  it('of nobody go to the trash, those of processes at work and of runs that can be found again stay', async () => {
    const paths = workspacePaths(root)
    const nobody = '0'.repeat(64)
    const found = 'f'.repeat(64)
    mkdirSync(paths.modelPath(nobody))
    mkdirSync(paths.modelPath(found))
    mkdirSync(paths.runDir(found))
    writeFileSync(join(paths.runDir(found), 'events.ndjson'), '{}\n')
    mkdirSync(`${artefact(runs[0]!)}.partial`)
    const ours = join(root, `recipe.tmp-${process.ppid}`) // the test's own parent lives
    for (const path of [ours, join(root, 'recipe.tmp-4194304'), join(paths.runDir(runs[0]!.key), 'control.json.tmp-4194304')])
      writeFileSync(path, '')
    expect((await checks()).leftovers).toBe('warning: 1 artefact of no run and 3 unfinished files; 2 entries of runs that the database does not know; running their study again takes them up, facet gc removes them')
    expect(await fix()).toHaveLength(4)
    expect([paths.modelPath(nobody), `${artefact(runs[0]!)}.partial`, join(root, 'recipe.tmp-4194304')].filter(path => existsSync(path))).toEqual([])
    expect([paths.modelPath(found), ours, artefact(runs[0]!)].filter(path => existsSync(path))).toHaveLength(3)
    expect((await checks()).leftovers).toMatch(/^ok/)
  })
})

describe('a damaged database', () => {
  it('is refused by name, and made anew to what it was: curves and checksums come from event files', async () => {
    const before = contents()
    const db = new Database(workspacePaths(root).database)
    const pages = db.prepare(`select root from (select name, rootpage as root from sqlite_schema) where name in ('points', 'curves', 'sqlite_autoindex_curves_1', 'runs_by_state', 'sealed_files')`).pluck().all() as number[]
    db.close()
    expect(pages.length).toBeGreaterThanOrEqual(3)
    damagePages(page => pages.includes(page + 1))
    expect((await checks()).workspace).toMatch(/^problem: .*facet\.sqlite is damaged/)
    const said = await fix()
    expect(said[0]).toMatch(/made anew: \d+ rows from it, curves and checksums from the event files\. The damaged one is trash\/.*facet\.sqlite\.$/)
    expect(contents()).toEqual(before)
    expect(await checks()).toMatchObject({ workspace: expect.stringMatching(/^ok/), artefacts: expect.stringMatching(/^ok: all of 3 finished runs are there and as they were sealed/) })
    expect(await compute()).toEqual({ cached: 3, queued: 0 })
  })

  it('keeps the checksums that a repair has kept of artefacts whose events tell none', async () => {
    const events = join(workspacePaths(root).runDir(runs[0]!.key), 'events.ndjson')
    const lines = readFileSync(events, 'utf8')
    writeFileSync(events, lines.replace(/,"files":\[[^\]]*\]/, '').replaceAll(/,"crc":\d+(?=\}\n)/g, ''))
    expect(readFileSync(events, 'utf8')).not.toBe(lines)
    const before = contents()
    const db = new Database(workspacePaths(root).database)
    const page = db.prepare(`select rootpage from sqlite_schema where name = 'points'`).pluck().get() as number
    db.close()
    damagePages(index => index + 1 === page)
    expect(await fix()).not.toEqual([])
    expect(contents().sealed).toEqual(before.sealed)
  })

  it('of which nothing can be read is filled from the newest sound backup; what that has not got is not computed again either', async () => {
    const host = await openHost(root)
    const { connection, paths } = host.workspace
    await backUp(connection, backupPath(paths.backups, new Date('2026-01-01T00:00:00Z')))
    await host.close()
    const before = contents()
    const later = plan(root, 'later', { steps: 5 })
    runs.push(later)
    await compute()
    writeFileSync(backupPath(paths.backups, new Date('2026-02-01T00:00:00Z')), 'cut short') // the newest one is of no use
    damagePages(() => true)
    const said = await fix()
    expect(said[0]).toMatch(/0 rows from it, then \d+ rows from backups\/facet-2026-01-01T00-00-00\.000Z\.sqlite/)
    expect(contents()).toEqual(before)
    expect(await compute()).toEqual({ cached: 4, queued: 0 })
    expect(contents().runs).toContainEqual(expect.objectContaining({ key: later.key, state: 'done' }))
  })

  it('without any backup is begun anew, and its finished runs are found by their event files', async () => {
    const before = contents()
    damagePages(() => true)
    await fix()
    expect(contents().runs).toEqual([])
    expect(await compute()).toEqual({ cached: 3, queued: 0 })
    expect(contents()).toEqual(before)
  })

  it('that somebody holds is not touched', async () => {
    const host = await openHost(root)
    damagePages(page => page === 3)
    const bytes = readFileSync(workspacePaths(root).database)
    await expect(repairWorkspace(root, () => Promise.reject(new Error('not asked')))).rejects.toMatchObject({ code: 'conflict' })
    expect(readFileSync(workspacePaths(root).database).equals(bytes)).toBe(true)
    await host.close().catch(() => {})
  })
})
