import type { ComputedRef } from 'vue'
import type { Action } from '#renderer/composables/useAction.ts'
import type { Problem } from '#shared/errors.ts'
import { computed } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { useDesktop } from '#renderer/client/desktop.ts'
import { useAction } from '#renderer/composables/useAction.ts'
import { wordBytes, wordMany } from '#renderer/format.ts'

const recipes = [{ name: 'Recipes', extensions: ['yaml', 'yml'] }]
const recipesAndArchives = [{ name: 'Recipes and studies with their results', extensions: ['yaml', 'yml', 'tar'] }, ...recipes]

export interface StudyActions {
  create: Action<[name: string], string>
  duplicate: Action<[name: string, as: string], string>
  rename: Action<[name: string, as: string], string>
  remove: Action<[name: string], void>
  /** `notes`: what a person should know of an archive that was taken in. */
  importFile: Action<[], { name: string, notes: string[] } | null>
  importText: Action<[file: File], string>
  saveFile: Action<[name: string], string | null>
  /** Writes a study with its results as NAME.tar into a folder that is asked for; resolves to a sentence, null where nobody chose one. */
  exportArchive: Action<[name: string], string | null>
  /** Why what asks for a name has failed. */
  nameProblem: ComputedRef<Problem | null>
  forgetNames: () => void
  /** Why anything else has. */
  problems: ComputedRef<Problem[]>
}

/** What can be done with studies from their list. */
export function useStudyActions(): StudyActions {
  const client = useClient()
  const desktop = useDesktop()
  const create = useAction(async (name: string) => (await client.call('studies.create', { name })).name)
  const duplicate = useAction(async (name: string, as: string) => (await client.call('studies.duplicate', { name, as })).name)
  const rename = useAction(async (name: string, as: string) => (await client.call('studies.rename', { name, as })).name)
  const remove = useAction((name: string) => client.call('studies.delete', { name }))
  const importText = useAction(async (file: File) => {
    const path = desktop.dropPath(file)
    return (path === null
      ? await client.call('studies.create', { text: await file.text() })
      : await client.call('studies.import', { path })).name
  })
  const importFile = useAction(async () => {
    const path = await desktop.pickFile({ title: 'Import a recipe, or a study with its results', filters: recipesAndArchives })
    if (path === null)
      return null
    if (!path.endsWith('.tar'))
      return { ...await client.call('studies.import', { path }), notes: [] }
    const { study, notes } = await client.call('studies.importArchive', { path })
    return { name: study, notes }
  })
  const save = useAction(async (name: string) => desktop.saveFile({ name: `${name}.yaml`, content: { kind: 'text', text: (await client.call('studies.open', { name })).text }, filters: recipes }))
  const exportArchive = useAction(async (name: string) => {
    const folder = await desktop.pickFolder({ title: `A folder for ${name}.tar`, mayCreate: true })
    if (folder === null)
      return null
    const { path, runs, bytes, notes } = await client.call('studies.exportArchive', { name, path: `${folder.replace(/\/$/, '')}/${name}.tar` })
    return [`${name}: ${wordMany(runs, 'finished run')}, ${wordBytes(bytes)} in ${path}`, ...notes].join('. ')
  })
  return {
    create,
    duplicate,
    rename,
    remove,
    importFile,
    importText,
    saveFile: save,
    exportArchive,
    nameProblem: computed(() => create.problem.value ?? duplicate.problem.value ?? rename.problem.value),
    forgetNames: () => [create, duplicate, rename].forEach(({ clear }) => clear()),
    problems: computed(() => [remove, importFile, importText, save, exportArchive].flatMap(action => action.problem.value ?? [])),
  }
}
