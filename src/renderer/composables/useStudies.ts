import type { ComputedRef, InjectionKey } from 'vue'
import type { Result } from '#shared/contract.ts'
import type { Query } from './useQuery.ts'
import { useStorage } from '@vueuse/core'
import { computed, inject, provide, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useQuery } from './useQuery.ts'

export type StudyItem = Result<'studies.list'>[number]

export interface Studies {
  query: Query<StudyItem[]>
  studies: ComputedRef<StudyItem[]>
  /** The study that screens show: that of the address, else the one looked at last, else the newest; null where there is none. */
  current: ComputedRef<string | null>
  choose: (name: string) => Promise<unknown>
}

const studiesKey: InjectionKey<Studies> = Symbol('studies')

/** The studies of the workspace and the one that is looked at; asked once, for the frame and all screens. */
export function provideStudies(): Studies {
  const route = useRoute()
  const router = useRouter()
  const query = useQuery('studies.list', undefined, { refreshOn: ['run.changed', 'studies.changed'], throttleMs: 800 })
  const last = useStorage<string | null>('facet.study', null)
  const studies = computed(() => query.data.value ?? [])
  const names = computed(() => studies.value.map(({ name }) => name))
  /** That of the address, where it is one. */
  const asked = computed(() => {
    const name = route.query.study ?? (route.path.startsWith('/studies/') ? route.params.name : route.params.study)
    return typeof name === 'string' && names.value.includes(name) ? name : null
  })
  const current = computed(() => asked.value ?? names.value.find(name => name === last.value) ?? names.value[0] ?? null)
  watch(asked, (name) => { last.value = name ?? last.value }, { immediate: true })
  const made: Studies = {
    query,
    studies,
    current,
    choose: (name) => {
      last.value = name
      // On a screen of one study its place in the address changes too.
      return route.params.study !== undefined || route.path.startsWith('/studies/')
        ? router.push({ name: route.name!, params: route.path.startsWith('/studies/') ? { ...route.params, name } : { ...route.params, study: name }, query: route.query })
        : router.push({ query: { ...route.query, study: name } })
    },
  }
  provide(studiesKey, made)
  return made
}

/** The studies of the workspace and the one that is looked at. */
export function useStudies(): Studies {
  const studies = inject(studiesKey)
  if (!studies)
    throw new Error('internal: no studies were provided.')
  return studies
}
