import { useEventListener } from '@vueuse/core'
import { useDesktop } from '#renderer/client/desktop.ts'

/** A folder dropped anywhere on the screen starts adding it; in a browser, which hides where it lies, the dialogue asks. */
export function useFolderDrop(add: (path: string) => void): void {
  const desktop = useDesktop()
  useEventListener(document, 'dragover', (event: DragEvent) => {
    if (event.dataTransfer?.types.includes('Files'))
      event.preventDefault()
  })
  useEventListener(document, 'drop', (event: DragEvent) => {
    const file = event.dataTransfer?.files[0]
    if (!file || event.defaultPrevented)
      return
    event.preventDefault()
    add(desktop.dropPath(file) ?? '')
  })
}
