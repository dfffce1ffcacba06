import type { ComputedRef } from 'vue'
import type { Command } from '#renderer/composables/useCommands.ts'
import type { Studies } from '#renderer/composables/useStudies.ts'
import { computed } from 'vue'
import { useRouter } from 'vue-router'
import { menuScreens } from '#renderer/router.ts'
import { useThemeStore } from '#renderer/stores/theme.ts'

/** What can be done on every screen: go to another one, change study or theme, open palette and shortcuts. */
export function useFrameCommands({ studies, choose, current }: Studies, { openPalette, openShortcuts, chooseWorkspace }: { openPalette: () => void, openShortcuts: () => void, chooseWorkspace: () => void }): ComputedRef<Command[]> {
  const router = useRouter()
  const theme = useThemeStore()
  return computed(() => [
    ...menuScreens.map((screen): Command => ({
      id: `go:${screen.name}`,
      title: `Go to ${screen.title}`,
      group: 'Screens',
      icon: screen.icon,
      keys: `Alt ${screen.digit}`,
      run: () => router.push(screen.menuPath ?? screen.path),
    })),
    ...studies.value.map(({ name }): Command => ({
      id: `study:${name}`,
      title: `Look at study ${name}`,
      group: 'Studies',
      icon: 'stack-2',
      ...name === current.value && { disabled: 'it is the one you look at' },
      run: () => choose(name),
    })),
    { id: 'palette', title: 'Search or run a command', group: 'Facet', icon: 'command', keys: 'Ctrl K', run: openPalette },
    { id: 'workspace', title: 'Open or create a workspace', group: 'Facet', icon: 'folder-open', keys: 'Ctrl O', run: chooseWorkspace },
    { id: 'shortcuts', title: 'List all shortcuts', group: 'Facet', icon: 'keyboard', keys: '?', run: openShortcuts },
    { id: 'theme:light', title: 'Light theme', group: 'Facet', icon: 'sun', run: () => { theme.choice = 'light' } },
    { id: 'theme:dark', title: 'Dark theme', group: 'Facet', icon: 'moon', run: () => { theme.choice = 'dark' } },
    { id: 'theme:system', title: 'Theme as the system has it', group: 'Facet', icon: 'circle-half', run: () => { theme.choice = 'system' } },
  ])
}
