import type { Ref, ShallowRef } from 'vue'
import type { Result } from '#shared/contract.ts'
import type { RecipeIssueView } from '#shared/contract/studies.ts'
import type { Problem } from '#shared/errors.ts'
import type { FieldPath } from '#shared/recipe-edit/places.ts'
import type { PlanView } from '#shared/views.ts'
import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { toProblem } from '#shared/errors.ts'
import { readRecipe, removeField, setField } from '#shared/recipe-edit/edit-text.ts'
import { keepDraft, readDraft } from './drafts.ts'

/** Pause in typing after which form, check and plan follow the text. */
export const pauseMs = 300

type Opened = Result<'studies.open'>
type Checked = Result<'studies.validate'>

export interface RecipeEditor {
  status: Readonly<ShallowRef<'loading' | 'ready' | 'failed'>>
  problem: Readonly<ShallowRef<Problem | null>>
  opened: Readonly<ShallowRef<Opened | null>>
  /** What the YAML side shows. */
  text: ShallowRef<string>
  /** What the text says, for the form; the last that could be read while it is broken. */
  data: Readonly<Ref<unknown>>
  /** The YAML cannot be read, so the form waits. */
  isBroken: Readonly<Ref<boolean>>
  isDirty: Readonly<Ref<boolean>>
  issues: Readonly<Ref<readonly RecipeIssueView[]>>
  checked: Readonly<ShallowRef<Checked | null>>
  plan: Readonly<ShallowRef<PlanView | null>>
  planProblem: Readonly<ShallowRef<Problem | null>>
  /** counting: the plan shown is that of an earlier text. waiting: data sets are to be read first. */
  planState: Readonly<ShallowRef<'none' | 'counting' | 'ready' | 'waiting'>>
  /** Why the last edit of the form could not be made. */
  editProblem: Readonly<ShallowRef<Problem | null>>
  /** Changes that an earlier window left unsaved are in the text again. */
  isRestored: Readonly<ShallowRef<boolean>>
  /** Another window or the terminal saved this study since. */
  isOutdated: Readonly<ShallowRef<boolean>>
  set: (path: FieldPath, value: unknown) => void
  reset: (path: FieldPath) => void
  reload: () => Promise<void>
  /** Forgets what is not saved. */
  discard: () => void
  countPlan: () => Promise<void>
  /** Returns the name it was saved under. */
  save: () => Promise<string>
  /** Saves and starts what is not cached; with `ignoresDisk` also what will not fit. */
  start: (ignoresDisk: boolean) => Promise<Result<'studies.run'>>
}

/** A study's recipe as text, as form values and as a plan, in step with each other. */
export function useRecipeEditor(name: Readonly<Ref<string>>): RecipeEditor {
  const client = useClient()
  const status = shallowRef<'loading' | 'ready' | 'failed'>('loading')
  const problem = shallowRef<Problem | null>(null)
  const opened = shallowRef<Opened | null>(null)
  const text = shallowRef('')
  const settled = shallowRef('')
  const saved = shallowRef('')
  const data = shallowRef<unknown>(null)
  const isBroken = shallowRef(false)
  const checked = shallowRef<Checked | null>(null)
  const plan = shallowRef<PlanView | null>(null)
  const planProblem = shallowRef<Problem | null>(null)
  const planState = shallowRef<'none' | 'counting' | 'ready' | 'waiting'>('none')
  const editProblem = shallowRef<Problem | null>(null)
  const isOutdated = shallowRef(false)
  const isRestored = shallowRef(false)
  const isDirty = computed(() => status.value === 'ready' && text.value !== saved.value)
  let timer: ReturnType<typeof setTimeout> | undefined
  let loads = 0
  let checks = 0
  let plans = 0

  async function reload(): Promise<void> {
    const turn = ++loads
    try {
      const answer = await client.call('studies.open', { name: name.value })
      if (turn !== loads)
        return
      opened.value = answer
      saved.value = answer.text
      isOutdated.value = false
      problem.value = null
      const draft = readDraft(answer.name, answer.text)
      isRestored.value = draft !== null && status.value !== 'ready'
      text.value = isRestored.value ? draft! : answer.text
      status.value = 'ready'
      settle()
    }
    catch (error) {
      if (turn !== loads)
        return
      problem.value = toProblem(error)
      status.value = 'failed'
    }
  }

  /** Lets form, check and plan follow the text. */
  function settle(): void {
    clearTimeout(timer)
    if (settled.value === text.value && checked.value)
      return
    settled.value = text.value
    keepDraft(name.value, { base: saved.value, text: text.value })
    try {
      data.value = readRecipe(text.value)
      isBroken.value = false
    }
    catch {
      isBroken.value = true // the check says where
    }
    void check()
  }

  async function check(): Promise<void> {
    const turn = ++checks
    plans++
    if (plan.value)
      planState.value = 'counting'
    try {
      const answer = await client.call('studies.validate', { name: name.value, text: settled.value })
      if (turn !== checks)
        return
      checked.value = answer
      if (answer.issues.length > 0)
        planState.value = 'none'
      else if (answer.unread.length > 0)
        planState.value = 'waiting'
      else
        await countPlan()
    }
    catch (error) {
      if (turn !== checks)
        return
      planProblem.value = toProblem(error)
      planState.value = 'none'
    }
  }

  async function countPlan(): Promise<void> {
    const turn = ++plans
    planState.value = 'counting'
    planProblem.value = null
    try {
      const answer = await client.call('studies.plan', { path: opened.value!.path, text: settled.value })
      if (turn !== plans)
        return
      plan.value = answer
      planState.value = 'ready'
    }
    catch (error) {
      if (turn !== plans)
        return
      planProblem.value = toProblem(error)
      planState.value = 'none'
    }
  }

  function edit(change: (before: string) => string): void {
    if (isBroken.value)
      return
    try {
      text.value = change(text.value)
      editProblem.value = null
      settle()
    }
    catch (error) {
      editProblem.value = toProblem(error)
    }
  }

  async function save(): Promise<string> {
    settle()
    const written = text.value
    const answer = await client.call('studies.save', { name: name.value, text: written })
    saved.value = written
    isRestored.value = false
    keepDraft(name.value, { base: written, text: text.value })
    if (opened.value)
      opened.value = { ...opened.value, isSaved: true, path: answer.path }
    return answer.name
  }

  watch(text, (now) => {
    clearTimeout(timer)
    if (now !== settled.value)
      timer = setTimeout(settle, pauseMs)
  })
  watch(name, () => {
    status.value = 'loading'
    checked.value = null
    plan.value = null
    planState.value = 'none'
    void reload()
  }, { immediate: true })
  const stops = [
    client.on('studies.changed', async ({ name: changed }) => {
      if (changed !== name.value || status.value !== 'ready')
        return
      const theirs = await client.call('studies.open', { name: changed }).catch(() => null)
      if (!theirs || theirs.text === text.value || theirs.text === saved.value)
        return
      if (isDirty.value)
        isOutdated.value = true
      else
        await reload()
    }),
    client.on('run.changed', ({ state }) => {
      if (state === 'done' && planState.value === 'ready')
        void countPlan()
    }),
    client.onReconnect(() => {
      if (status.value === 'ready' && isDirty.value)
        void check()
      else
        void reload()
    }),
  ]
  onScopeDispose(() => {
    loads++
    checks++
    plans++
    clearTimeout(timer)
    stops.forEach(stop => stop())
  })

  return {
    status,
    problem,
    opened,
    text,
    data,
    isBroken,
    isDirty,
    issues: computed(() => checked.value?.issues ?? []),
    checked,
    plan,
    planProblem,
    planState,
    editProblem,
    isOutdated,
    isRestored,
    set: (path, value) => edit(before => setField(before, path, value)),
    reset: path => edit(before => removeField(before, path)),
    reload,
    discard: () => {
      text.value = saved.value
      isRestored.value = false
      settle()
    },
    countPlan,
    save,
    start: async (ignoresDisk) => {
      await save()
      return client.call('studies.run', { path: opened.value!.path, text: text.value, ignoresDisk })
    },
  }
}
