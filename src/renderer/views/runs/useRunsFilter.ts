import type { ComputedRef, WritableComputedRef } from 'vue'
import type { RunsFilter } from './filter.ts'
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { isFiltering, readFilter, writeFilter } from './filter.ts'

/** The filter of the list of runs; it lives in the address, so that it can be shared and returned to. */
export function useRunsFilter(): { filter: WritableComputedRef<RunsFilter>, isFiltered: ComputedRef<boolean>, clear: () => void } {
  const route = useRoute()
  const router = useRouter()
  const write = (next: RunsFilter): void => {
    const { study } = route.query
    void router.replace({ query: { ...study === undefined ? {} : { study }, ...writeFilter(next) } })
  }
  const asked = computed(() => readFilter(route.query))
  const filter = computed<RunsFilter>({
    // Setting one field of it sets the whole address.
    get: () => new Proxy(asked.value, {
      set: (target, field, value) => {
        write({ ...target, [field]: value as never })
        return true
      },
    }),
    set: write,
  })
  return {
    filter,
    isFiltered: computed(() => isFiltering(asked.value)),
    clear: () => write({ ...asked.value, text: '', stages: [], states: [], studies: [] }),
  }
}
