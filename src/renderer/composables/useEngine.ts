import type { InjectionKey } from 'vue'
import type { Result } from '#shared/contract.ts'
import type { Query } from './useQuery.ts'
import { useDocumentVisibility, useIntervalFn } from '@vueuse/core'
import { inject, provide } from 'vue'
import { useQuery } from './useQuery.ts'

type Engine = Query<Result<'engine.status'>>

const engineKey: InjectionKey<Engine> = Symbol('engine')
const everyMs = 3000

/** Engine and computer as they are now, asked every few seconds while somebody can see it; once for the whole frame. */
export function provideEngine(): Engine {
  const query = useQuery('engine.status')
  const visibility = useDocumentVisibility()
  useIntervalFn(() => visibility.value === 'visible' && void query.reload(), everyMs)
  provide(engineKey, query)
  return query
}

/** Engine and computer as they are now. */
export function useEngine(): Engine {
  const engine = inject(engineKey)
  if (!engine)
    throw new Error('internal: no engine was provided.')
  return engine
}

/** The GPU that computes most now, of those that runs can be given; undefined where there is none. */
export function busiestGpu({ gpus }: Result<'engine.status'>): Result<'engine.status'>['gpus'][number] | undefined {
  return gpus.toSorted((a, b) => b.load - a.load)[0]
}
