import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import type { FaceCell, FaceState } from '#shared/dataset-views.ts'
import type { Problem } from '#shared/errors.ts'
import { computed, onScopeDispose, shallowRef, toValue, watch } from 'vue'
import { useClient } from '#renderer/client/client.ts'
import { toProblem } from '#shared/errors.ts'

/** Faces asked for at once: a screen takes a few blocks, so that little is decoded that is out of sight. */
export const blockSize = 30
/** Blocks kept; a face back in sight after more than these is asked again. */
const keptBlocks = 80
/** Questions under way at once: decoding shares the worker with everything else. */
const mostAtOnce = 2
/** How long the view must rest before it asks, where it passes over more than a screen at a time: such a stretch is never asked for. */
const restMs = 80

export interface Faces {
  /** How many there are; undefined before the first answer. */
  total: Readonly<ShallowRef<number | undefined>>
  /** The prepare run they come from; null where there is none, undefined before the first answer. */
  key: Readonly<ShallowRef<string | null | undefined>>
  problem: Readonly<ShallowRef<Problem | null>>
  /** A face by its place, where it is here already. */
  at: (place: number) => FaceCell | undefined
  /** Says which places are in sight; only those are asked for. */
  show: (from: number, to: number) => void
  reload: () => void
}

/** The faces of a data set by ranges: a gallery of 100,000 holds and asks for what is in sight. */
export function useFaces(name: MaybeRefOrGetter<string>, status: MaybeRefOrGetter<FaceState>): Faces {
  const client = useClient()
  const total = shallowRef<number>()
  const key = shallowRef<string | null>()
  const problem = shallowRef<Problem | null>(null)
  const blocks = shallowRef(new Map<number, FaceCell[]>())
  const subject = computed(() => `${toValue(name)} ${toValue(status)}`)
  const underWay = new Set<number>()
  /** Answers of an earlier one are dropped: they may be of another data set, or of faces that are others now. */
  let round = 0
  /** Those in the middle of the view first. */
  let wanted: number[] = []
  let shown = { from: 0, to: -1, at: -Infinity }
  /** The view passes over what it will not show. */
  let isPassing = false
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(block: number): Promise<void> {
    const asked = round
    underWay.add(block)
    try {
      const page = await client.call('datasets.faces', { name: toValue(name), status: toValue(status), from: block * blockSize, count: blockSize })
      if (asked !== round)
        return
      total.value = page.total
      key.value = page.key
      problem.value = null
      const next = new Map(blocks.value)
      next.delete(block)
      next.set(block, page.cells)
      for (const old of [...next.keys()].slice(0, Math.max(0, next.size - keptBlocks)))
        next.delete(old)
      blocks.value = next
    }
    catch (error) {
      if (asked === round)
        problem.value = toProblem(error)
    }
    finally {
      if (asked === round) {
        underWay.delete(block)
        pump()
      }
    }
  }
  function pump(): void {
    if (problem.value || isPassing)
      return
    for (const block of wanted) {
      if (underWay.size >= mostAtOnce)
        return
      if (!blocks.value.has(block) && !underWay.has(block))
        void ask(block)
    }
  }
  function show(from: number, to: number): void {
    const first = Math.floor(Math.max(0, from) / blockSize)
    const last = Math.floor(Math.max(0, to) / blockSize)
    const middle = (from + to + 1) / 2 / blockSize - 0.5
    wanted = Array.from({ length: last - first + 1 }, (_, i) => first + i).sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle))
    const before = shown
    shown = { from, to, at: performance.now() }
    clearTimeout(timer)
    // The wheel moves by less than a screen, a jump comes after a rest; a bar that is dragged does neither.
    isPassing = (from > before.to || to < before.from) && shown.at - before.at <= restMs
    if (isPassing)
      timer = setTimeout(rest, restMs)
    else
      pump()
  }
  function rest(): void {
    isPassing = false
    pump()
  }
  function reload(): void {
    round++
    underWay.clear()
    blocks.value = new Map()
    problem.value = null
    if (wanted.length === 0)
      wanted = [0]
    pump()
  }
  watch(subject, () => {
    total.value = undefined
    key.value = undefined
    wanted = [0]
    reload()
  }, { immediate: true })
  onScopeDispose(() => clearTimeout(timer))
  const stops = [
    client.onReconnect(reload),
    client.on('datasets.changed', reload),
    client.on('run.changed', ({ stage, state }) => {
      if (stage === 'prepare' && state === 'done')
        reload()
    }),
  ]
  onScopeDispose(() => stops.forEach(stop => stop()))
  return { total, key, problem, at: place => blocks.value.get(Math.floor(place / blockSize))?.[place % blockSize], show, reload }
}
