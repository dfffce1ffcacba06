import type { Notice } from '#renderer/stores/notices.ts'
import type { MenuCommand } from '#shared/desktop.ts'
import type { RunView } from '#shared/views.ts'
import { useDocumentVisibility, useWindowFocus } from '@vueuse/core'
import { computed, onScopeDispose, watch } from 'vue'
import { useDesktop } from '#renderer/client/desktop.ts'

/** How far the runs at work are together, 0 to 1; null where nothing is at work or nothing is known. Each counts the same: their sizes are not comparable. */
export function overallFraction(runs: Iterable<Pick<RunView, 'progress'>>): number | null {
  const known = [...runs].flatMap(({ progress }) => progress && progress.total > 0 ? [Math.min(1, progress.done / progress.total)] : [])
  return known.length === 0 ? null : known.reduce((sum, one) => sum + one, 0) / known.length
}

export interface DesktopSigns {
  /** Tells outside the window what the bell tells inside. */
  tell: (notice: Omit<Notice, 'isRead'>) => void
}

/** What shows outside the window: progress in the task bar, unread notices on the icon, notifications when nobody looks; and the application menu's wishes. */
export function useDesktopSigns({ runs, unread, onCommand }: { runs: () => Iterable<Pick<RunView, 'progress'>>, unread: () => number, onCommand: (command: MenuCommand) => void }): DesktopSigns {
  const desktop = useDesktop()
  const isFocused = useWindowFocus()
  const visibility = useDocumentVisibility()
  // Whole per cents: a run reports many times a second, a task bar has a few pixels.
  const percent = computed(() => {
    const fraction = overallFraction(runs())
    return fraction === null ? null : Math.round(fraction * 100)
  })
  const ignore = (): void => {} // a desktop without a task bar or icon is no failure
  watch(percent, value => void desktop.setProgress({ fraction: value === null ? null : value / 100 }).catch(ignore), { immediate: true })
  watch(unread, count => void desktop.setBadge({ count: Math.min(count, 9999) }).catch(ignore), { immediate: true })
  onScopeDispose(desktop.onCommand(onCommand))
  return {
    tell: ({ title, text, route }) => {
      if (!isFocused.value || visibility.value === 'hidden')
        desktop.notify({ title: title.slice(0, 200), body: text.slice(0, 1000), route }).catch(ignore)
    },
  }
}
