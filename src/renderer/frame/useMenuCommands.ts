import type { MenuCommand } from '#shared/desktop.ts'
import { useRouter } from 'vue-router'
import { useThemeStore } from '#renderer/stores/theme.ts'

/** Does what the application menu and clicked notifications ask for. */
export function useMenuCommands({ openPalette, openShortcuts, chooseWorkspace }: { openPalette: () => void, openShortcuts: () => void, chooseWorkspace: () => void }): (command: MenuCommand) => void {
  const router = useRouter()
  const theme = useThemeStore()
  return (command) => {
    switch (command.kind) {
      case 'route': return void router.push(command.route)
      case 'palette': return openPalette()
      case 'shortcuts': return openShortcuts()
      case 'open-workspace': return chooseWorkspace()
      case 'theme':
        theme.choice = command.mode
        return
      default: command satisfies never
    }
  }
}
