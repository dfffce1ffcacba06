import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import type { Input } from '#shared/contract.ts'
import type { Problem } from '#shared/errors.ts'
import type { TeacherDraft, TeacherTrial } from '#shared/teacher-views.ts'
import { refDebounced } from '@vueuse/core'
import { computed, shallowRef, toValue } from 'vue'
import { useQuery } from '#renderer/composables/useQuery.ts'

export type TrialFace = Input<'teachers.try'>['face']

export interface Trial {
  face: ShallowRef<TrialFace>
  result: Readonly<ShallowRef<TeacherTrial | undefined>>
  problem: Readonly<ShallowRef<Problem | null>>
  reload: () => Promise<void>
  /** The next drawn face. */
  next: () => void
}

/** A teacher's answer to one face, asked anew half a second after its settings or the face changed. Null settings ask nothing. */
export function useTrial(what: MaybeRefOrGetter<{ model: string, draft: TeacherDraft } | null>): Trial {
  const face = shallowRef<TrialFace>({ kind: 'drawn', number: 0 })
  const input = refDebounced(computed(() => {
    const asked = toValue(what)
    return asked && { ...asked, face: face.value }
  }), 500)
  const { data, problem, reload } = useQuery('teachers.try', input)
  return {
    face,
    result: data,
    problem,
    reload,
    next: () => { face.value = { kind: 'drawn', number: face.value.kind === 'drawn' ? (face.value.number ?? 0) + 1 : 0 } },
  }
}
