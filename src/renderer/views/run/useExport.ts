import type { Action } from '#renderer/composables/useAction.ts'
import type { Exported, ExportFormat, ExportWeights } from '#shared/export.ts'
import { useClient } from '#renderer/client/client.ts'
import { useDesktop } from '#renderer/client/desktop.ts'
import { useAction } from '#renderer/composables/useAction.ts'

/** What somebody chose in the dialogue; `into` is a new or empty folder. */
export interface ExportChoice { format: ExportFormat, weights: ExportWeights, into: string }

/** Writes a run's network for other programs. */
export function useExport(key: () => string): { exporting: Action<[choice: ExportChoice], Exported>, pickFolder: () => Promise<string | null> } {
  const client = useClient()
  const desktop = useDesktop()
  return {
    exporting: useAction(choice => client.call('models.export', { key: key(), ...choice })),
    pickFolder: () => desktop.pickFolder({ title: 'A new or empty folder for the model', mayCreate: true }),
  }
}
