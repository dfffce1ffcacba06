import type { MaybeRefOrGetter } from 'vue'
import type { IconName } from '#renderer/components/icons.ts'
import { computed, onScopeDispose, shallowReactive, toValue } from 'vue'

/** Something a person can do, for the palette (Ctrl K), the list of shortcuts (?) and the keyboard. */
export interface Command {
  id: string
  title: string
  /** Heading it stands under. */
  group: string
  icon?: IconName
  /** "Ctrl K", "Alt 1", "P", "?", "/". Single keys are off while a field has the focus. */
  keys?: string
  /** Words it is also found by. */
  also?: string
  /** Why it cannot be done now; shown instead of doing it. */
  disabled?: string
  run: () => unknown
}

const sources = shallowReactive(new Set<MaybeRefOrGetter<readonly Command[]>>())

/** All commands of the frame and of the screen in sight; a later one of the same id replaces the earlier. */
export const commands = computed(() => {
  const byId = new Map<string, Command>()
  for (const source of sources) {
    for (const command of toValue(source))
      byId.set(command.id, command)
  }
  return [...byId.values()]
})

/** Offers commands for as long as the component lives. */
export function useCommands(source: MaybeRefOrGetter<readonly Command[]>): void {
  sources.add(source)
  onScopeDispose(() => sources.delete(source))
}

/** The keys of an event as commands write them. */
export function keysOf({ key, ctrlKey, metaKey, altKey, shiftKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const name = key === ' ' ? 'Space' : key.length === 1 ? key.toUpperCase() : key.replace('Arrow', '')
  // A shifted sign ("?") already is what it is; a shifted letter is not.
  const isShifted = shiftKey && (key.length > 1 || /[a-z]/i.test(key))
  return [
    ...ctrlKey || metaKey ? ['Ctrl'] : [],
    ...altKey ? ['Alt'] : [],
    ...isShifted ? ['Shift'] : [],
    name,
  ].join(' ')
}

/** Whether typing belongs to where the focus is. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement
    && (target.isContentEditable || target.matches('input:not([type=checkbox], [type=radio]), textarea, select, [role=textbox]'))
}

/** Whether a window in front (dialogue, drawer) has the keyboard: commands of the screen behind it rest. */
function isModalOpen(): boolean {
  return document.querySelector('[role=dialog][aria-modal=true], .n-modal, .n-drawer') !== null
}

/** Runs the command whose keys were pressed. */
export function runByKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing)
    return
  const keys = keysOf(event)
  const isSingle = !event.ctrlKey && !event.metaKey && !event.altKey && !/^F\d+$/.test(event.key)
  const rests = isModalOpen()
  if (isSingle && (isTyping(event.target) || rests))
    return
  const command = commands.value.find(({ keys: own }) => own === keys)
  if (!command || command.disabled)
    return
  // Also where it rests: the browser would save or load the page instead.
  event.preventDefault()
  if (!rests)
    void command.run()
}
