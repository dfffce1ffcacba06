import type { RunState } from '#shared/order.ts'
import type { GpuDevice } from '#shared/provenance.ts'

/** What the queue needs to know of a run. */
export interface QueuedRun {
  key: string
  label: string
  state: RunState
  /** Waits for a run that will not come by itself. */
  isBlocked: boolean
  usesAllCores: boolean
  /** It computes on a GPU of its own, not on all cores. */
  usesGpu: boolean
  /** The GPU of its last attempt, by id. */
  lastGpu: string | null
  needs: string[]
  /** Somebody asked for it in this host's life; others stay in the queue. */
  isWanted: boolean
}

/** The needs that keep a queued run from ever starting by itself: failed, stopped, paused, unknown, or blocked in turn. */
export function blockersOf(run: QueuedRun, runs: ReadonlyMap<string, QueuedRun>): { key: string, why: string }[] {
  return run.needs.flatMap((key) => {
    const need = runs.get(key)
    if (!need) {
      return [
        { key, why: `run ${key.slice(0, 12)}, which is not in the workspace` },
      ]
    }
    if (need.state === 'queued' && need.isBlocked) {
      return [
        { key, why: `"${need.label}", which waits itself` },
      ]
    }
    return [
      'failed',
      'interrupted',
      'cancelled',
      'paused',
    ].includes(need.state)
      ? [
          { key, why: `"${need.label}", which is ${need.state}` },
        ]
      : []
  })
}

/** What the machine has, and what of it is taken by the workers at work. */
export interface Machine {
  cores: number
  gpus: readonly GpuDevice[]
  /** Threads of the workers at work. */
  busy: number
  /** One of them has all cores. */
  isAlone: boolean
  /** GPUs that have their run, by id. */
  taken: ReadonlySet<string>
}

/** A run that starts now; `gpu` is the one that it gets for itself. */
export interface Start { key: string, gpu: GpuDevice | null }

/** Threads of a run on a GPU: the cores are shared out among the GPUs, with one share left for runs that need none. */
export function threadsBesideGpu(cores: number, gpus: number): number {
  return Math.max(1, Math.floor(cores / (gpus + 1)))
}

/**
 * Which queued runs start now, in the order of the queue: one a GPU, and beside them those that need none, one core each.
 * Without a GPU a run that uses all cores runs alone, so it waits for the others and nothing behind it overtakes.
 * `runs` are all runs the queue knows, in its order.
 */
export function chooseStarts(runs: ReadonlyMap<string, QueuedRun>, { cores, gpus, busy, isAlone, taken }: Machine): Start[] {
  const starts: Start[] = []
  if (isAlone)
    return starts
  const ready = [...runs.values()].filter(run => run.state === 'queued' && run.isWanted && !run.isBlocked && run.needs.every(key => runs.get(key)?.state === 'done'))
  const free = gpus.filter(({ id }) => !taken.has(id))
  const share = threadsBesideGpu(cores, gpus.length)
  // A run that waits for its GPU finds its cores when it comes.
  const kept = share * Math.min(free.length, ready.filter(run => run.usesGpu).length)
  let used = busy + kept
  for (const run of ready) {
    if (run.usesGpu) {
      const gpu = gpuFor(run, gpus, free)
      if (gpu)
        starts.push({ key: run.key, gpu: free.splice(free.indexOf(gpu), 1)[0]! })
      continue
    }
    if (run.usesAllCores) {
      if (used === 0)
        starts.push({ key: run.key, gpu: null })
      return starts
    }
    if (used < cores) {
      starts.push({ key: run.key, gpu: null })
      used++
    }
  }
  return starts
}

/** Another card gives other bits: a run that goes on gets its own or one of the same name, and waits where these are busy. */
function gpuFor({ lastGpu }: QueuedRun, gpus: readonly GpuDevice[], free: readonly GpuDevice[]): GpuDevice | undefined {
  const own = gpus.find(({ id }) => id === lastGpu)
  return own
    ? free.find(({ id }) => id === own.id) ?? free.find(({ name }) => name === own.name)
    : free[0]
}
