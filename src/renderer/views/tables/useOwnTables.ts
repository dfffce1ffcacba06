import type { ComputedRef } from 'vue'
import type { Action } from '#renderer/composables/useAction.ts'
import type { Query } from '#renderer/composables/useQuery.ts'
import type { SavedTable, TableSelection } from '#shared/contract/tables.ts'
import { computed } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { useAction } from '#renderer/composables/useAction.ts'
import { useQuery } from '#renderer/composables/useQuery.ts'

/** Before a saved table's name in the address: no kind of table has it. */
const sign = '~'

/** The part of an address that means a saved table. */
export function addressOf(name: string): string {
  return `${sign}${name}`
}

export interface OwnTables {
  query: Query<SavedTable[]>
  /** Of the study. */
  list: ComputedRef<SavedTable[]>
  /** Names of all, whatever study they are of. */
  taken: ComputedRef<string[]>
  /** The one that the address means; null where it means a kind of table, undefined where it is not there (any more). */
  current: ComputedRef<SavedTable | null | undefined>
  save: Action<[name: string, selection: TableSelection, options: { replaces: boolean }], SavedTable>
  remove: Action<[name: string], SavedTable>
}

/** The tables of one's own that the workspace keeps. */
export function useOwnTables(study: () => string | null, address: () => string): OwnTables {
  const client = useClient()
  const query = useQuery('tables.saved', undefined, { refreshOn: ['tables.changed', 'studies.changed'] })
  const all = computed(() => query.data.value ?? [])
  const name = computed(() => address().startsWith(sign) ? address().slice(sign.length) : null)
  return {
    query,
    list: computed(() => all.value.filter(({ selection }) => selection.study === study())),
    taken: computed(() => all.value.map(table => table.name)),
    current: computed(() => name.value === null ? null : all.value.find(table => table.name === name.value)),
    save: useAction((name: string, selection: TableSelection, { replaces }: { replaces: boolean }) => client.call('tables.save', { name, selection, replaces })),
    remove: useAction((name: string) => client.call('tables.removeSaved', { name })),
  }
}
