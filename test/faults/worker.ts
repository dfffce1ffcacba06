import { performance } from 'node:perf_hooks'

/**
 * The real worker, whose clock runs forty times as fast: checkpoints come due each quarter of a second instead of each
 * ten, so that a study of seconds is interrupted as one of days is. Nothing that is learnt depends on the clock.
 */
const pace = 40
const now = performance.now.bind(performance)
performance.now = () => pace * now()
await import('#worker/index.ts')
