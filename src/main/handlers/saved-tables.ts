import type { SavedTable } from '#shared/contract/tables.ts'
import type { HandlerPart } from '../core.ts'
import type { SavedTableRow } from '../workspace/saved-tables.ts'
import { TableSelection } from '#shared/contract/tables.ts'
import { checkOwnTable } from '../tables/table.ts'
import { listSavedTables, putSavedTable, removeSavedTable } from '../workspace/saved-tables.ts'
import { findStudy, listStudies, requireStudy } from '../workspace/studies.ts'

/** Tables of anybody's own, kept by name. */
export const savedTableHandlers = (({ workspace: { db }, emit }) => ({
  'tables.saved': async () => {
    const studies = new Set((await listStudies(db)).map(({ name }) => name))
    return (await listSavedTables(db)).map(row => viewSaved(row, studies.has(row.study)))
  },
  'tables.save': async ({ name, selection: { study, ...selection }, replaces }) => {
    await requireStudy(db, study)
    checkOwnTable(name, selection)
    const now = Date.now()
    await putSavedTable(db, { name, study, selection, replaces }, now)
    emit('tables.changed', { name })
    return viewSaved({ name, study, selection: JSON.stringify(selection), updated_at_ms: now }, true)
  },
  'tables.removeSaved': async ({ name }) => {
    const row = await removeSavedTable(db, name)
    emit('tables.changed', { name })
    return viewSaved(row, await findStudy(db, row.study) !== undefined)
  },
})) satisfies HandlerPart

function viewSaved({ name, study, selection, updated_at_ms: updatedAtMs }: Omit<SavedTableRow, 'created_at_ms'>, hasStudy: boolean): SavedTable {
  return { name, selection: TableSelection.parse({ title: name, ...JSON.parse(selection) as object, study }), updatedAtMs, hasStudy }
}
