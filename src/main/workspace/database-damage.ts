import Database from 'better-sqlite3'

/** Lines of SQLite's report that are kept: one damaged page brings hundreds. */
const maxLines = 20

/** As findDamage (integrity.ts), in the caller's thread: pages, indexes and references between tables. */
export function damageOf(path: string): string[] {
  let connection: Database.Database | undefined
  try {
    connection = new Database(path, { readonly: true, fileMustExist: true })
    const lines = connection.pragma(`integrity_check(${maxLines})`) as { integrity_check: string }[]
    const damage = lines.map(line => line.integrity_check).filter(line => line !== 'ok')
    const dangling = damage.length === 0 ? connection.pragma('foreign_key_check') as { table: string }[] : []
    return [
      ...damage,
      ...[...new Set(dangling.map(({ table }) => table))].map(table => `rows of ${table} refer to what is not there`),
    ]
  }
  catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
  finally {
    connection?.close()
  }
}
