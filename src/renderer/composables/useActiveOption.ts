import type { Ref } from 'vue'
import { nextTick, shallowRef, toValue, watch } from 'vue'

const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }

/** Which of the options below a search field is the one that Enter takes: arrows and pages move it, and it is kept in sight in the list. */
export function useActiveOption<T>(options: Readonly<Ref<readonly T[]>>, { list, choose }: { list: Readonly<Ref<HTMLElement | null>>, choose: (option: T) => void }): { active: Ref<number>, onKey: (event: KeyboardEvent) => void } {
  const active = shallowRef(0)
  watch(active, async () => {
    await nextTick()
    list.value?.querySelector('[aria-selected=true]')?.scrollIntoView({ block: 'nearest' })
  })
  function onKey(event: KeyboardEvent): void {
    const found = toValue(options)
    const step = steps[event.key]
    if (step === undefined && event.key !== 'Enter')
      return
    event.preventDefault()
    if (step !== undefined)
      active.value = Math.max(0, Math.min(found.length - 1, active.value + step))
    else if (found[active.value] !== undefined)
      choose(found[active.value]!)
  }
  return { active, onKey }
}
