import type { MaybeRefOrGetter, Ref, ShallowRef } from 'vue'
import type { Action } from '#renderer/composables/useAction.ts'
import type { Tried } from '#shared/try-views.ts'
import { onScopeDispose, ref, shallowRef, toValue, watch } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { readPhotograph } from '#renderer/composables/photograph-file.ts'
import { useAction } from '#renderer/composables/useAction.ts'

export interface TryState {
  /** Address of the photograph in the page; '' where there is none. */
  picture: Readonly<ShallowRef<string>>
  name: Readonly<ShallowRef<string>>
  result: Readonly<ShallowRef<Tried | null>>
  /** Which face is looked at. */
  face: Ref<number>
  take: Action<[file: Blob, name: string], void>
  again: Action<[wholeImage: boolean], void>
}

/** A photograph and what the networks of a study say of its faces. It is kept in the page only, and asked anew for another study. */
export function useTry(study: MaybeRefOrGetter<string | null>): TryState {
  const client = useClient()
  const picture = shallowRef('')
  const name = shallowRef('')
  const result = shallowRef<Tried | null>(null)
  const face = ref(0)
  let bytes = ''
  let turn = 0

  async function ask(wholeImage: boolean): Promise<void> {
    if (!bytes)
      return
    const now = ++turn
    // While an answer is awaited another study may be chosen: then that one is asked, and this answer is dropped.
    for (let asked = toValue(study); asked; asked = toValue(study)) {
      const isOf = (): boolean => now === turn && asked === toValue(study)
      try {
        const answer = await client.call('try.predict', { study: asked, photograph: bytes, wholeImage })
        if (isOf()) {
          result.value = answer
          face.value = 0
        }
      }
      catch (error) {
        if (isOf())
          throw error
      }
      if (now !== turn || isOf())
        return
    }
  }
  function show(address: string): void {
    if (picture.value)
      URL.revokeObjectURL(picture.value)
    picture.value = address
  }
  const take = useAction(async (file: Blob, called: string) => {
    bytes = await readPhotograph(file)
    result.value = null
    name.value = called
    show(URL.createObjectURL(file))
    await ask(false)
  })
  const again = useAction(ask)
  watch(() => toValue(study), () => {
    result.value = null
    void again.run(false)
  })
  onScopeDispose(() => show(''))
  return { picture, name, result, face, take, again }
}
