import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openDatabase } from '#main/workspace/database.ts'
import { toProblem } from '#shared/errors.ts'

it('a transaction that finds no room says so, and the next one works when there is some', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'facet-full-'))
  const { connection, db } = openDatabase(join(folder, 'facet.sqlite'))
  try {
    connection.exec('create table studies (name text primary key, recipe text, detail text, created_at_ms integer, updated_at_ms integer)')
    connection.pragma('max_page_count = 20') // for SQLite as good as a full disk
    const put = (name: string, recipe: string): Promise<unknown> => db.transaction().execute(async (trx) => {
      await trx.insertInto('studies').values({ name, recipe: 'small', detail: '', created_at_ms: 0, updated_at_ms: 0 }).execute()
      await trx.updateTable('studies').set({ recipe }).where('name', '=', name).execute()
    })
    const error = await put('large', 'x'.repeat(1 << 20)).then(() => null, (thrown: unknown) => thrown)
    expect(toProblem(error)).toMatchObject({ code: 'disk', message: 'The disk is full.' })
    await put('little', 'y')
    expect(await db.selectFrom('studies').select(['name', 'recipe']).execute()).toEqual([{ name: 'little', recipe: 'y' }])
  }
  finally {
    await db.destroy()
    rmSync(folder, { recursive: true })
  }
})

it.each([
  ['ENOSPC', 'The disk is full.'],
  ['EDQUOT', 'The disk is full.'],
  ['SQLITE_FULL', 'The disk is full.'],
  ['EIO', 'The disk cannot be read or written (EIO).'],
  ['SQLITE_IOERR_WRITE', 'The disk cannot be read or written (SQLITE_IOERR_WRITE).'],
])('%s is worded as the disk\'s fault, not as ours', (code, message) => {
  expect(toProblem(Object.assign(new Error('some text'), { code }))).toMatchObject({ code: 'disk', message })
})
