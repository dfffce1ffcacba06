import type { ComputedRef, WritableComputedRef } from 'vue'
import type { TableSelection } from '#shared/contract/tables.ts'
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** What of a table is chosen, kept in the address. Empty lists stand for everything. */
export interface TableChoices {
  rows: WritableComputedRef<string[]>
  columns: WritableComputedRef<string[]>
  seeds: WritableComputedRef<number[]>
  /** What subgroups are made by. */
  by: WritableComputedRef<string[]>
  reference: WritableComputedRef<string>
  hasPaper: WritableComputedRef<boolean>
  hasStd: WritableComputedRef<boolean>
  view: WritableComputedRef<'table' | 'chart'>
  /** Something else than the whole table is chosen. */
  isChosen: ComputedRef<boolean>
  selection: ComputedRef<TableSelection | null>
  reset: () => void
}

/** The choices of the table screen: what the address says, over what a saved table keeps (`saved` undefined: it is not there). */
export function useTableSelection(study: () => string | null, name: () => string, saved: () => TableSelection | null | undefined): TableChoices {
  const route = useRoute()
  const router = useRouter()
  const text = (key: string): string => typeof route.query[key] === 'string' ? route.query[key] : ''
  const set = (changes: Record<string, string | undefined>): void => { void router.replace({ query: { ...route.query, ...changes } }) }
  const list = (key: string): WritableComputedRef<string[]> => computed({
    get: () => text(key) === '' ? [] : text(key).split('~'),
    set: (words) => { set({ [key]: words.length > 0 ? words.join('~') : undefined }) },
  })
  const flag = (key: string): WritableComputedRef<boolean> => computed({
    get: () => text(key) !== '0',
    set: (isOn) => { set({ [key]: isOn ? undefined : '0' }) },
  })
  const rows = list('rows')
  const columns = list('columns')
  const by = list('by')
  const seedWords = list('seeds')
  const seeds = computed({
    get: () => seedWords.value.map(Number).filter(Number.isInteger),
    set: (numbers) => { seedWords.value = numbers.map(String) },
  })
  const reference = computed({ get: () => text('reference'), set: (column) => { set({ reference: column || undefined }) } })
  const hasPaper = flag('paper')
  const hasStd = flag('std')
  return {
    rows,
    columns,
    seeds,
    by,
    reference,
    hasPaper,
    hasStd,
    view: computed({ get: () => text('view') === 'chart' ? 'chart' : 'table', set: (view) => { set({ view: view === 'chart' ? view : undefined }) } }),
    isChosen: computed(() => rows.value.length + columns.value.length + seeds.value.length + by.value.length > 0 || reference.value !== '' || !hasPaper.value || !hasStd.value),
    selection: computed(() => {
      const chosen = study()
      const base = saved()
      return chosen === null || base === undefined
        ? null
        : {
            ...base ?? { name: name() },
            study: chosen,
            ...rows.value.length > 0 && { rows: rows.value },
            ...columns.value.length > 0 && { columns: columns.value },
            ...seeds.value.length > 0 && { seeds: seeds.value },
            ...by.value.length > 0 && { by: by.value },
            ...reference.value && { reference: reference.value },
            paper: hasPaper.value && (base?.paper ?? true),
            std: hasStd.value && (base?.std ?? true),
          }
    }),
    reset: () => set({ rows: undefined, columns: undefined, seeds: undefined, by: undefined, reference: undefined, paper: undefined, std: undefined }),
  }
}
