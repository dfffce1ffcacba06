import type { ComputedRef } from 'vue'
import type { Action } from '#renderer/composables/useAction.ts'
import type { TableSelection } from '#shared/contract/tables.ts'
import { useClient } from '#renderer/client/client.ts'
import { useDesktop } from '#renderer/client/desktop.ts'
import { copyText } from '#renderer/composables/clipboard.ts'
import { useAction } from '#renderer/composables/useAction.ts'

/** Formats a table leaves in, with the key that exports it after E. */
export const formats = [
  { name: 'latex', title: 'LaTeX', key: 'L', extension: 'tex' },
  { name: 'md', title: 'Markdown', key: 'M', extension: 'md' },
  { name: 'csv', title: 'CSV', key: 'C', extension: 'csv' },
  { name: 'html', title: 'HTML', key: 'H', extension: 'html' },
  { name: 'json', title: 'JSON', key: 'J', extension: 'json' },
] as const
export type TableFormatName = typeof formats[number]['name']

/** Copies a table or saves it to a file, in any format. */
export function useTableExport(selection: ComputedRef<TableSelection | null>): { copy: Action<[TableFormatName], string>, save: Action<[TableFormatName], string | null> } {
  const client = useClient()
  const desktop = useDesktop()
  const write = (format: TableFormatName): Promise<{ text: string, fileName: string }> => client.call('tables.export', { ...selection.value!, format })
  return {
    copy: useAction(async (format: TableFormatName) => {
      const { text } = await write(format)
      await copyText(text)
      return format
    }),
    save: useAction(async (format: TableFormatName) => {
      const { text, fileName } = await write(format)
      const { title, extension } = formats.find(({ name }) => name === format)!
      return desktop.saveFile({ name: fileName, content: { kind: 'text', text }, filters: [{ name: title, extensions: [extension] }] })
    }),
  }
}
