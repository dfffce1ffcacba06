import type { BenchCase, BenchName, BenchResult } from '#shared/bench.ts'
import type { Case, Contender } from './bench.ts'
import type { Contestant, Turn } from './turns.ts'
import { median } from '#shared/bench.ts'
import { FacetError, toProblem } from '#shared/errors.ts'

export interface MeasureOptions {
  rounds: number
  /** Least time of a turn: short pieces of work are done several times in it. */
  turnMs: number
  start: (contender: Exclude<Contender, { kind: 'part' }>, work: Case['work']) => Promise<Contestant>
  note: (text: string) => void
}

/** What one contender did in each round: milliseconds of one piece, and of its parts. */
interface Timed { rounds: number[], parts: Record<string, number[]>, memoryBytes: number, version: string }

/** Lets all contenders of a case do the same work in turn, A B C A B C, each in a process of its own that waits for its turn. */
export async function measure(bench: BenchName, { title, piece, compare, megabytes, work, pieces = 1, contenders }: Case, options: MeasureOptions): Promise<BenchCase> {
  const entrants = new Map<string, { contestant: Contestant, times: number, timed: Timed }>()
  const missing = new Map<string, string>()
  try {
    for (const contender of contenders) {
      if (contender.kind === 'part')
        continue
      options.note(`${title}: ${contender.name} starts`)
      try {
        const contestant = await options.start(contender, { ...work, ...contender.work })
        const { ms } = await contestant.turn(2) // what is slow the first time is not what is measured
        entrants.set(contender.name, {
          contestant,
          times: Math.max(1, Math.min(50, Math.round(options.turnMs / ms[1]!))),
          timed: { rounds: [], parts: {}, memoryBytes: 0, version: contestant.version },
        })
      }
      catch (error) {
        if (contender === contenders[0])
          throw error
        const { message, hint } = toProblem(error)
        missing.set(contender.name, [message, hint].filter(Boolean).join(' '))
      }
    }
    for (let round = 0; round < options.rounds; round++) {
      options.note(`${title}: round ${round + 1} of ${options.rounds}`)
      for (const { contestant, times, timed } of entrants.values())
        add(timed, await contestant.turn(times), pieces)
    }
  }
  finally {
    for (const { contestant } of entrants.values())
      contestant.end()
  }
  const own = entrants.get(contenders[0].name)!.timed
  const timedOf = (contender: Contender): Timed | string => contender.kind === 'part'
    ? partOf(own, contender.part)
    : entrants.get(contender.name)?.timed ?? missing.get(contender.name)!
  return {
    bench,
    title,
    piece,
    compare,
    megabytes: megabytes ?? null,
    results: contenders.map((contender, i) => resultOf(contender, timedOf(contender), i === 0
      ? null
      : own, compare)),
  }
}

/** Adds a turn to what a contender did so far. */
function add(timed: Timed, turn: Turn, pieces: number): void {
  timed.rounds.push(median(turn.ms) / pieces)
  for (const [name, ms] of Object.entries(turn.parts))
    (timed.parts[name] ??= []).push(median(ms) / pieces)
  timed.memoryBytes = turn.memoryBytes
}

function partOf({ parts, memoryBytes, version }: Timed, part: string): Timed {
  const rounds = parts[part]
  if (!rounds)
    throw new FacetError('internal', `internal: our own contender does not time "${part}"`)
  return { rounds, parts: {}, memoryBytes, version }
}

/** Pure: figures of one contender; `own` is what it is compared with, null for our own. */
export function resultOf({ name, target }: Pick<Contender, 'name' | 'target'>, timed: { rounds: number[], memoryBytes: number, version: string } | string, own: { rounds: number[] } | null, compare: BenchCase['compare']): BenchResult {
  if (typeof timed === 'string') {
    return {
      name,
      isOwn: own === null,
      version: null,
      rounds: [],
      medianMs: null,
      minMs: null,
      memoryBytes: null,
      ratio: null,
      target: target ?? null,
      isReached: null,
      missing: timed,
    }
  }
  const ratios = own?.rounds.map((ms, round) => compare === 'speed'
    ? timed.rounds[round]! / ms
    : ms / timed.rounds[round]!)
  const ratio = ratios
    ? { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) }
    : null
  return {
    name,
    isOwn: own === null,
    version: timed.version,
    rounds: timed.rounds,
    medianMs: median(timed.rounds),
    minMs: Math.min(...timed.rounds),
    memoryBytes: timed.memoryBytes,
    ratio,
    target: target ?? null,
    isReached: ratio && target !== undefined
      ? isReached(ratio.median, target, compare)
      : null,
    missing: null,
  }
}

function isReached(ratio: number, target: number, compare: BenchCase['compare']): boolean {
  return compare === 'speed'
    ? ratio >= target
    : ratio <= target
}
