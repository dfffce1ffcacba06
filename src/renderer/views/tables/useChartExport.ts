import type { Action } from '#renderer/composables/useAction.ts'
import type { Drawing } from './chart-parts.ts'
import { useDesktop } from '#renderer/client/desktop.ts'
import { useAction } from '#renderer/composables/useAction.ts'
import { pngOf } from './picture.ts'

/** Saves a picture under a name; it has the light colours, for paper. */
export function useChartExport(picture: () => { name: string, drawing: Drawing }): { saveSvg: Action<[], string | null>, savePng: Action<[], string | null> } {
  const desktop = useDesktop()
  return {
    saveSvg: useAction(() => desktop.saveFile({
      name: `${picture().name}.svg`,
      content: { kind: 'text', text: picture().drawing.svg },
      filters: [{ name: 'SVG', extensions: ['svg'] }],
    })),
    savePng: useAction(async () => desktop.saveFile({
      name: `${picture().name}.png`,
      content: { kind: 'base64', base64: await pngOf(picture().drawing) },
      filters: [{ name: 'PNG', extensions: ['png'] }],
    })),
  }
}
