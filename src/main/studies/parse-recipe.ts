import type { Method } from '#shared/methods.ts'
import type { CombineEntry } from '#shared/recipe.ts'
import type { Place } from './recipe-places.ts'
import type { WordedIssue } from './word-issue.ts'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { LineCounter } from 'yaml'
import { FacetError } from '#shared/errors.ts'
import { findMethod, methodNames } from '#shared/methods.ts'
import { suggestName } from '#shared/nearest.ts'
import { Recipe } from '#shared/recipe.ts'
import { plainData, readDocument, readValue } from '#shared/yaml-data.ts'
import { placeOf } from './recipe-places.ts'
import { wordIssues } from './word-issue.ts'

/** `path=value` of the command line; the value is read as YAML. */
export interface Setting { path: string, value: string }

/** A recipe whose names all refer to something, with its methods taken apart. */
export interface CheckedRecipe {
  recipe: Recipe
  combiners: (CombineEntry & { name: string })[]
  /** Name of the combiner that the student learns. */
  target: string | null
  methods: { method: Method, seeds: number[] }[]
}

export interface ParseOptions { file: string, folder: string, settings?: Setting[], seeds?: number[], workingDirectory?: string }

/** What is wrong with a recipe, where its text says so. `line` is null where a setting says it. */
export interface RecipeIssue { path: (string | number)[], message: string, hint: string | null, where: string, place: Place | null }

type Report = (issue: WordedIssue) => void

/**
 * Reads a recipe, applies settings and variables and checks that every name in it refers to something.
 * Relative paths in the text are relative to `folder`, those in settings to `workingDirectory`.
 *
 * @throws FacetError naming file, line and field, what is allowed and the nearest valid name.
 */
export function parseRecipe(text: string, options: ParseOptions): CheckedRecipe {
  const { issues: [first], checked } = checkRecipe(text, options)
  if (first)
    throw new FacetError('bad-input', first.message, { where: first.where, hint: first.hint ?? undefined })
  return checked!
}

/** Like parseRecipe, but tells all that is wrong, for a form that shows each problem at its field. `checked` is null where anything is. */
export function checkRecipe(text: string, options: ParseOptions): { issues: RecipeIssue[], checked: CheckedRecipe | null } {
  try {
    return checkText(text, options)
  }
  catch (error) {
    if (!(error instanceof FacetError))
      throw error
    return { issues: [{ path: [], message: error.message, hint: error.hint ?? null, where: error.where ?? options.file, place: null }], checked: null }
  }
}

function checkText(text: string, { file, folder, settings = [], seeds, workingDirectory = folder }: ParseOptions): { issues: RecipeIssue[], checked: CheckedRecipe | null } {
  const lines = new LineCounter()
  const document = readDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    return {
      issues: document.errors.map(({ message, pos: [from, to] }) => {
        const { line, col } = lines.linePos(from)
        return { path: [], message: `The YAML cannot be read: ${message}`, hint: null, where: `${file} line ${line}, column ${col}`, place: { line, column: col, endColumn: col + Math.max(1, to - from) } }
      }),
      checked: null,
    }
  }
  const issues: RecipeIssue[] = []
  const report: Report = ({ path, message, hint }) => {
    const place = placeOf(document, lines, path)
    issues.push({ path: path as (string | number)[], message, hint: hint ?? null, where: `${file}${place ? ` line ${place.line}` : ''}`, place })
  }

  const raw = applySettings(plainData(document), settings, workingDirectory)
  const substituted = substitute(raw, report)
  const parsed = Recipe.safeParse(substituted)
  if (!parsed.success) {
    wordIssues(parsed.error, Recipe, substituted).forEach(report)
    return { issues, checked: null }
  }
  const recipe = parsed.data
  for (const entry of Object.values(recipe.data)) {
    if (entry.path)
      entry.path = resolve(folder, entry.path)
  }
  const checked = checkNames(seeds
    ? { ...recipe, seeds }
    : recipe, report)
  return { issues, checked: issues.length === 0 ? checked : null }
}

/** A copy with `path=value` settings; a path of one word that is a variable's name sets the variable. */
function applySettings(plain: unknown, settings: Setting[], workingDirectory: string): unknown {
  if (plain === null || typeof plain !== 'object')
    return plain
  const root = structuredClone(plain) as Record<string, unknown>
  const variables = root.variables !== null && typeof root.variables === 'object'
    ? root.variables as Record<string, unknown>
    : {}
  for (const { path, value } of settings) {
    if (Object.hasOwn(variables, path)) {
      variables[path] = existsSync(resolve(workingDirectory, value))
        ? resolve(workingDirectory, value)
        : readSetting(path, value)
      continue
    }
    setAt(root, path, readSetting(path, value))
  }
  return root
}

function readSetting(path: string, value: string): unknown {
  try {
    return readValue(value)
  }
  catch (error) {
    if (!(error instanceof FacetError))
      throw error
    throw new FacetError('usage', `--set ${path}: ${error.message}`, { cause: error, hint: 'Put the value in quotes: --set path=\'"value"\'' })
  }
}

function setAt(root: Record<string, unknown>, path: string, value: unknown): void {
  const steps = path.split('.')
  if (steps.some(step => step === '__proto__' || step === 'constructor' || step === ''))
    throw new FacetError('usage', `--set ${path}: not a path into a recipe.`, { hint: 'Write it as stages.combine.0.epochs=50.' })
  let target: Record<string, unknown> = root
  for (const step of steps.slice(0, -1)) {
    const next = Object.hasOwn(target, step)
      ? target[step]
      : undefined
    target = (next !== null && typeof next === 'object'
      ? next
      : (target[step] = {})) as Record<string, unknown>
  }
  target[steps.at(-1)!] = value
}

/** Most characters that variables put into a recipe: a long one that is named often would fill the memory. */
const mostSubstituted = 1_000_000

/** Puts the variables' values in the place of ${name} in every text of the recipe. */
function substitute(raw: unknown, report: Report): unknown {
  const variables = (raw as { variables?: Record<string, unknown> } | null)?.variables ?? {}
  let substituted = 0
  const walk = (value: unknown, path: PropertyKey[]): unknown => {
    if (typeof value === 'string') {
      return value.replace(/\$\{([^}]*)\}/g, (_, name: string) => {
        if (!Object.hasOwn(variables, name)) {
          report({
            path,
            message: `\${${name}} is no variable of this recipe.`,
            hint: Object.keys(variables).length
              ? suggestName(name, Object.keys(variables))
              : 'Declare it under variables.',
          })
        }
        else if (variables[name] === null) {
          report({
            path: ['variables', name],
            message: `the variable "${name}" has no value.`,
            hint: `Give it one: --set ${name}=VALUE`,
          })
        }
        const text = String(variables[name])
        substituted += text.length
        if (substituted > mostSubstituted)
          throw new FacetError('bad-input', `The variables put more than ${mostSubstituted} characters into the recipe.`, { hint: 'Shorten them.' })
        return text
      })
    }
    if (Array.isArray(value))
      return value.map((item, index) => walk(item, [...path, index]))
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [
        key,
        path.length === 0 && key === 'variables'
          ? item
          : walk(item, [...path, key]),
      ]))
    }
    return value
  }
  return walk(raw, [])
}

/** A knowledge for each of its shares of labels. The whole keeps the name; 0.01 is NAME-1pct. */
function expandLabels(knowledge: Recipe['knowledge']): Recipe['knowledge'] {
  return knowledge.flatMap(entry => (entry.labels?.length ?? 0) < 2
    ? [entry]
    : entry.labels!.map(share => ({ ...entry, labels: [share], name: share === 1 ? entry.name : `${entry.name}-${String(Number((100 * share).toPrecision(6))).replace('.', '_')}pct` })))
}

/** Every name refers to something; misspelt ones are answered with the nearest. */
function checkNames(written: Recipe, report: Report): CheckedRecipe {
  const recipe = { ...written, knowledge: expandLabels(written.knowledge) }
  const dataNames = Object.keys(recipe.data)
  const known = (word: string, names: string[], what: string, path: PropertyKey[]): void => {
    if (!names.includes(word)) {
      report({
        path,
        message: `${path.join('.')}: "${word}" is no ${what} of this recipe.`,
        hint: names.length
          ? suggestName(word, names)
          : `It names no ${what} at all.`,
      })
    }
  }
  recipe.unlabelled.forEach((name, i) => known(name, dataNames, 'data set', ['unlabelled', i]))
  written.knowledge.forEach((entry, i) => {
    known(entry.data, dataNames, 'data set', ['knowledge', i, 'data'])
    if (entry.after)
      known(entry.after.data, dataNames, 'data set', ['knowledge', i, 'after', 'data'])
    if (entry.source !== undefined)
      known(entry.source, recipe.teachers, 'teacher', ['knowledge', i, 'source'])
  })
  const origins = written.knowledge.flatMap((entry, i) => expandLabels([entry]).map(() => i))
  refuseTwice(recipe.knowledge.map(entry => entry.name), i => report({
    path: ['knowledge', origins[i]!, 'name'],
    message: `"${recipe.knowledge[i]!.name}" is there twice.`,
    hint: 'Give each knowledge its own name.',
  }))
  refuseTwice(recipe.teachers, i => report({
    path: ['teachers', i],
    message: `teacher "${recipe.teachers[i]}" is there twice.`,
    hint: 'Remove one.',
  }))

  const combiners = recipe.stages.combine.map(entry => ({ ...entry, name: entry.name ?? entry.kind ?? 'ae' }))
  refuseTwice(combiners.map(entry => entry.name), i => report({
    path: ['stages', 'combine', i],
    message: `a combiner named "${combiners[i]!.name}" is there already.`,
    hint: 'Give each its own name: { name: ae-64, kind: ae, size: 64 }.',
  }))
  const names = combiners.map(entry => entry.name)
  const target = recipe.stages.distil.target
  if (target === 'multi-task' && !names.includes(target)) {
    report({
      path: ['stages', 'distil', 'target'],
      message: 'stages.distil.target: the multi-task student has no combiner as its target.',
      hint: 'Leave target out and name mt or mt-finetuned among methods; what is set for it stands under stages.distil.multiTask.',
    })
  }
  else if (target) {
    known(target, names, 'combiner', ['stages', 'distil', 'target'])
  }

  const methods = recipe.methods.flatMap((entry, i) => {
    const { name, seeds = recipe.seeds } = typeof entry === 'string'
      ? { name: entry }
      : entry
    const wanted = name === 'teacher:*'
      ? recipe.teachers.map(teacher => `teacher:${teacher}`)
      : [name]
    return wanted.flatMap((one) => {
      const method = findMethod(one, recipe.teachers, names)
      if (!method) {
        report({
          path: ['methods', i],
          message: `there is no method "${one}".`,
          hint: suggestName(one, [
            'teacher:*',
            ...methodNames(recipe.teachers, names),
          ]),
        })
      }
      return method
        ? [{ method, seeds }]
        : []
    })
  })
  refuseTwice(methods.map(({ method }) => method.name), i => report({
    path: ['methods'],
    message: `method "${methods[i]!.method.name}" is there twice.`,
    hint: 'Remove one.',
  }))
  if (recipe.stages.distil.multiTask && !methods.some(({ method }) => method.family === 'multi-task')) {
    report({
      path: ['stages', 'distil', 'multiTask'],
      message: 'stages.distil.multiTask is set, but no method of this recipe trains the multi-task student.',
      hint: 'Name mt or mt-finetuned among methods, or leave it out: the student that learns a combiner does not read it.',
    })
  }
  return {
    recipe,
    combiners,
    target: target ?? names.at(-1) ?? null,
    methods,
  }
}

function refuseTwice(words: string[], refuse: (index: number) => void): void {
  const index = words.findIndex((word, i) => words.indexOf(word) < i)
  if (index >= 0)
    refuse(index)
}
