import type { Action } from '#renderer/composables/useAction.ts'
import type { Table } from '#shared/table.ts'
import { useDesktop } from '#renderer/client/desktop.ts'
import { useAction } from '#renderer/composables/useAction.ts'
import { lightPalette } from './chart-parts.ts'
import { chartOf } from './chart-svg.ts'
import { pngOf } from './picture.ts'

/** Saves the charts of a table, in the light colours, for paper. */
export function useChartExport(table: () => Table): { saveSvg: Action<[], string | null>, savePng: Action<[], string | null> } {
  const desktop = useDesktop()
  const nameOf = ({ study, table: name }: Table): string => `${study}-${name}`
  return {
    saveSvg: useAction(() => desktop.saveFile({
      name: `${nameOf(table())}.svg`,
      content: { kind: 'text', text: chartOf(table(), lightPalette).svg },
      filters: [{ name: 'SVG', extensions: ['svg'] }],
    })),
    savePng: useAction(async () => desktop.saveFile({
      name: `${nameOf(table())}.png`,
      content: { kind: 'base64', base64: await pngOf(chartOf(table(), lightPalette)) },
      filters: [{ name: 'PNG', extensions: ['png'] }],
    })),
  }
}
