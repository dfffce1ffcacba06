import type { RecipeIssueView, StudyView } from '#shared/contract/studies.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { StudyRow } from '../workspace/studies.ts'
import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { methodNames } from '#shared/methods.ts'
import { readRecipe, setField, valueAt } from '#shared/recipe-edit/edit-text.ts'
import { stageForms } from '#shared/recipe-edit/stage-forms.ts'
import { activeStates } from '#shared/run-states.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { formats } from '../datasets/formats.ts'
import { newRecipe } from '../studies/new-recipe.ts'
import { ownText, withAbsolutePaths } from '../studies/own-text.ts'
import { checkRecipe } from '../studies/parse-recipe.ts'
import { findRecipeFile, listRecipeFiles, putRecipeFile, readRecipeText, removeRecipeFile } from '../studies/recipe-files.ts'
import { tableBuilders } from '../tables/table.ts'
import { listTeacherNames, listTeachers } from '../teachers/registry.ts'
import { findDataset, listDatasets } from '../workspace/datasets.ts'
import { countRuns, listRuns } from '../workspace/runs.ts'
import { findStudy, listStudies, removeStudy, renameStudy, requireStudy } from '../workspace/studies.ts'

/** Studies as documents: made, opened, checked, saved, renamed, removed. Running them is in studies.ts. */
export const studyDocumentHandlers = ((core) => {
  const { workspace: { db, paths }, emit } = core
  const changed = (name: string): { name: string } => {
    emit('studies.changed', { name })
    return { name }
  }
  const textOf = async (name: string): Promise<string> => findRecipeFile(paths, name)?.text ?? textOfRow(await requireStudy(db, name))
  const refuseTaken = async (name: string): Promise<void> => {
    if (findRecipeFile(paths, name) ?? await findStudy(db, name))
      throw new FacetError('conflict', `There is a study "${name}" already.`, { hint: 'Choose another name.' })
  }
  const create = async (name: string, text: string): Promise<{ name: string }> => {
    await refuseTaken(name)
    putRecipeFile(paths, name, named(text, name))
    return changed(name)
  }

  return {
    'studies.list': () => list(core),
    'studies.schema': async () => ({
      forms: stageForms(),
      teachers: (await listTeachers(paths.teachers)).map(({ name, title, problem }) => ({ name, title, problem })),
      formats: formats.map(({ name }) => name),
      datasets: (await listDatasets(db)).map(({ name, format, root, fingerprint }) => ({ name, format, root, tasks: tasksOf(paths.datasetPath(fingerprint)) })),
      tables: tableBuilders.map(({ name }) => name),
    }),
    'studies.open': async ({ name }) => {
      const row = await findStudy(db, name)
      const isSaved = findRecipeFile(paths, name) !== null
      return { name, text: await textOf(name), path: paths.recipePath(name), hasRun: row !== undefined, isSaved }
    },
    'studies.validate': input => validate(core, input),
    'studies.save': async ({ name, text }) => {
      const called = nameIn(text) ?? name
      if (called !== name)
        await refuseTaken(called)
      const path = putRecipeFile(paths, called, text)
      if (called !== name && !await findStudy(db, name))
        removeRecipeFile(paths, name) // it was never run: the new name is the whole of it
      return { ...changed(called), path }
    },
    'studies.create': async ({ name, text }) => {
      const called = name ?? nameIn(text ?? '')
      if (called === null)
        throw new FacetError('bad-input', 'The recipe does not name its study.', { hint: 'Give it a name: letters, digits, dashes and underscores.' })
      return create(called, text ?? newRecipe(called))
    },
    'studies.import': async ({ path, name }) => {
      const text = readRecipeText(path)
      const called = name ?? nameIn(text)
      if (called === null)
        throw new FacetError('bad-input', 'The recipe does not name its study.', { where: basename(path), hint: 'Its first line is to be study: NAME.' })
      return create(called, isYaml(text) ? withAbsolutePaths(text, dirname(path)) : text)
    },
    'studies.duplicate': async ({ name, as }) => create(as, await textOf(name)),
    'studies.rename': async ({ name, as }) => {
      const text = named(await textOf(name), as)
      await refuseTaken(as)
      await refuseAtWork(core, name)
      putRecipeFile(paths, as, text)
      if (await findStudy(db, name))
        await renameStudy(db, name, as, detail => renamed(detail, paths.recipePath(as), as))
      removeRecipeFile(paths, name)
      changed(name)
      return changed(as)
    },
    'studies.delete': async ({ name }) => {
      await textOf(name) // refuses a name that is none
      await refuseAtWork(core, name)
      await removeStudy(db, name)
      removeRecipeFile(paths, name)
      changed(name)
    },
  }
}) satisfies HandlerPart

async function list({ workspace: { db, paths } }: Core): Promise<StudyView[]> {
  const rows = new Map((await listStudies(db)).map(row => [row.name, row]))
  const files = new Map(listRecipeFiles(paths).map(file => [file.name, file]))
  const names = [...new Set([...rows.keys(), ...files.keys()])]
  const views = await Promise.all(names.map(async (name): Promise<StudyView> => {
    const row = rows.get(name)
    const file = files.get(name)
    return {
      name,
      updatedAtMs: Math.max(row?.updated_at_ms ?? 0, file?.changedAtMs ?? 0),
      runs: row ? await countRuns(db, name) : {},
      hasRun: row !== undefined,
      isEdited: !row || (file !== undefined && file.text !== row.recipe),
      title: titleOf(file?.text ?? row!.recipe),
    }
  }))
  return views.sort((a, b) => b.updatedAtMs - a.updatedAtMs)
}

/** The first comment of a recipe, which says what the study is for. */
function titleOf(text: string): string {
  return /^#\s*(\S.*)$/m.exec(text.slice(0, 2000))?.[1]?.trim() ?? ''
}

/** Tasks of a data set; none where its pack is gone. */
function tasksOf(path: string): string[] {
  if (!existsSync(path))
    return []
  const pack = openDataset(path)
  try {
    return Object.keys(pack.meta.tasks)
  }
  finally {
    pack.close()
  }
}

function textOfRow({ recipe, detail }: StudyRow): string {
  const parsed = StudyDetail.safeParse(JSON.parse(detail))
  return parsed.success && isYaml(recipe)
    ? ownText(recipe, parsed.data)
    : recipe
}

function isYaml(text: string): boolean {
  try {
    readRecipe(text)
    return true
  }
  catch {
    return false
  }
}

/** The name that a recipe gives its study, or null where it gives none that can be one. */
function nameIn(text: string): string | null {
  const name = isYaml(text)
    ? valueAt(readRecipe(text), ['study'])
    : undefined
  return typeof name === 'string' && /^[\w-]+$/.test(name)
    ? name
    : null
}

/** The text under another name. A text that is no YAML keeps what it says: the editor shows where it is broken. */
function named(text: string, name: string): string {
  return isYaml(text)
    ? setField(text, ['study'], name)
    : text
}

function renamed(detail: StudyDetail, path: string, name: string): StudyDetail {
  return { ...detail, recipe: { ...detail.recipe, study: name }, command: { path, set: [] } }
}

async function refuseAtWork({ workspace: { db } }: Core, name: string): Promise<void> {
  const [run] = await listRuns(db, { study: name, states: activeStates })
  if (run)
    throw new FacetError('conflict', `Study "${name}" is at work: ${run.label} is ${run.state}.`, { hint: 'Pause or stop its runs first.' })
}

async function validate(core: Core, { name, text }: { name: string, text: string }): Promise<{ study: string | null, issues: RecipeIssueView[], methods: string[], combiners: string[], unread: string[] }> {
  const { paths } = core.workspace
  const { issues, checked } = checkRecipe(text, { file: `${name}.yaml`, folder: paths.recipes })
  const combiners = checked?.combiners.map(combiner => combiner.name) ?? []
  const known = listTeacherNames(paths.teachers)
  return {
    study: nameIn(text),
    issues: [...issues, ...checked ? unknownTeachers(text, name, checked.recipe.teachers, known) : []],
    combiners,
    methods: checked ? ['teacher:*', ...methodNames(checked.recipe.teachers, combiners)] : [],
    unread: checked ? await unreadOf(core, checked.recipe.data) : [],
  }
}

/** Teachers that this workspace has not: said before the plan, at their place. */
function unknownTeachers(text: string, name: string, wanted: string[], known: string[]): RecipeIssueView[] {
  const missing = wanted.find(teacher => !known.includes(teacher))
  if (missing === undefined)
    return []
  const line = text.split('\n').findIndex(one => new RegExp(`\\b${missing}\\b`).test(one)) + 1
  return [{
    path: ['teachers', wanted.indexOf(missing)],
    message: `There is no teacher "${missing}".`,
    hint: `Valid: ${known.join(', ')}.`,
    where: `${name}.yaml${line > 0 ? ` line ${line}` : ''}`,
    place: line > 0 ? { line, column: 1, endColumn: text.split('\n')[line - 1]!.length + 1 } : null,
  }]
}

/** Data sets that this workspace has not read yet, at this place and with these options. */
async function unreadOf({ workspace: { db, paths } }: Core, data: StudyDetail['recipe']['data']): Promise<string[]> {
  const unread: string[] = []
  for (const [name, { path = join(paths.root, 'data', name), format, ...options }] of Object.entries(data)) {
    const row = await findDataset(db, name)
    const isRead = row !== null
      && existsSync(path)
      && row.root === realpathSync(path)
      && (format === undefined || row.format === format)
      && JSON.stringify(JSON.parse(row.options)) === JSON.stringify(options)
    if (!isRead)
      unread.push(name)
  }
  return unread
}
