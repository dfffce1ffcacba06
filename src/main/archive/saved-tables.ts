import type { Trx } from '../workspace/runs.ts'
import type { ArchivedTable } from './manifest.ts'
import { FacetError } from '#shared/errors.ts'
import { canonicalJson } from '../studies/keys.ts'
import { checkOwnTable } from '../tables/table.ts'
import { findSavedTable, insertSavedTable } from '../workspace/saved-tables.ts'

/** Names of saved tables that were taken in, and of those that are other ones here. */
export interface TakenTables { added: string[], others: string[] }

/** Saved tables of an archive are such as could be saved here, each name once. @throws FacetError 'bad-input' */
export function checkTables(tables: readonly ArchivedTable[], where: string): void {
  for (const [i, { name, selection }] of tables.entries()) {
    const refuse = (why: string, cause?: unknown): FacetError => new FacetError('bad-input', `The archive's saved table "${name}" cannot be used: ${why}`, { where, hint: 'Make the archive again with facet study export.', cause })
    if (tables.findIndex(table => table.name === name) < i)
      throw refuse('it is there twice.')
    try {
      checkOwnTable(name, selection)
    }
    catch (error) {
      throw error instanceof FacetError ? refuse(error.message, error) : error
    }
  }
}

/** Takes in the saved tables whose names are free, as tables of this study; one of the same study and choices is here already. */
export async function takeInTables(trx: Trx, study: string, tables: readonly ArchivedTable[]): Promise<TakenTables> {
  const taken: TakenTables = { added: [], others: [] }
  for (const { name, selection } of tables) {
    const here = await findSavedTable(trx, name)
    if (here === undefined) {
      await insertSavedTable(trx, { name, study, selection }, Date.now())
      taken.added.push(name)
    }
    else if (here.study !== study || canonicalJson(JSON.parse(here.selection)) !== canonicalJson(selection)) {
      taken.others.push(name)
    }
  }
  return taken
}
