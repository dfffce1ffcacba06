import { performance } from 'node:perf_hooks'

/** The first checkpoint comes early and each interval doubles: a kill loses at most half of what was done, and never more than a minute of it where saving is quick. */
const firstMs = 10_000
const longestMs = 60_000
/** An interval of so many times what a save takes keeps saving below 2 % of the time. */
const timesASave = 50

/** Says when the next checkpoint of a run is due. Nothing that is learnt depends on it. */
export class SavePace {
  readonly #now: () => number
  #quickMs = firstMs
  #intervalMs = firstMs
  #since: number

  constructor(now: () => number = () => performance.now()) {
    this.#now = now
    this.#since = now()
  }

  get isDue(): boolean {
    return this.#now() - this.#since >= this.#intervalMs
  }

  /** Does the save and takes its time: what takes longer comes less often. */
  async time(save: () => Promise<void>): Promise<void> {
    const started = this.#now()
    await save()
    this.#since = this.#now()
    this.#quickMs = Math.min(longestMs, 2 * this.#quickMs)
    this.#intervalMs = Math.max(this.#quickMs, timesASave * (this.#since - started))
  }
}
