import type { Start } from '../bench.ts'
import type { Rows } from '../rows.ts'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { readText } from '../bench.ts'
import { ownFolder } from '../folder.ts'
import { rowsOf } from '../rows.ts'

/** A row for each face and teacher, a transaction for each batch of 512 faces; read back into one array. */
export const start: Start = (work) => {
  const rows = rowsOf(work)
  const path = join(ownFolder(), 'rows.sqlite')
  const version = `better-sqlite3, SQLite ${new Database(':memory:').prepare('select sqlite_version()').pluck().get()}`
  if (readText(work, 'way') === 'write')
    return { version, run: () => write(path, rows) }
  write(path, rows)
  return {
    version,
    run: () => { readAll(path, rows) },
  }
}

const rowsInTransaction = 512

/** Writes all rows. */
export function write(path: string, { faces, batch, teachers, values }: Rows): void {
  rmSync(path, { force: true })
  const db = new Database(path)
  db.exec('create table embeddings (face integer not null, teacher text not null, data blob not null, primary key (face, teacher)) strict')
  const add = db.prepare('insert into embeddings values (?, ?, ?)')
  const addRows = db.transaction((first: number) => {
    for (let face = first; face < Math.min(faces, first + rowsInTransaction); face++) {
      for (const { name, dimension } of teachers) {
        const from = (face % batch) * dimension
        const row = values[name]!.subarray(from, from + dimension)
        add.run(face, name, Buffer.from(row.buffer, row.byteOffset, row.byteLength))
      }
    }
  })
  for (let first = 0; first < faces; first += rowsInTransaction)
    addRows(first)
  db.close()
}

/** All rows, teachers side by side. */
export function readAll(path: string, { faces, teachers }: Rows): Float32Array {
  const db = new Database(path, { readonly: true })
  const width = teachers.reduce((sum, { dimension }) => sum + dimension, 0)
  const out = new Float32Array(faces * width)
  const bytes = new Uint8Array(out.buffer)
  let left = 0
  for (const { name, dimension } of teachers) {
    const select = db.prepare('select face, data from embeddings where teacher = ? order by face').raw()
    for (const [face, data] of select.iterate(name) as IterableIterator<[number, Buffer]>)
      bytes.set(data, (face * width + left) * 4)
    left += dimension
  }
  db.close()
  return out
}
