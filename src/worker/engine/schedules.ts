import type { OptimizerConfig, ScheduleConfig } from '#shared/stages/training.ts'

/**
 * Learning rate of one step: a linear rise over `warmup` steps, then constant or falling as half a cosine to zero
 * (Loshchilov and Hutter 2017, SGDR, Eq. 5 with one period and minimum 0).
 *
 * @param step        counted from 0
 * @param totalSteps  of the whole run; warm-up included
 */
export function learningRateAt(step: number, totalSteps: number, { learningRate }: Pick<OptimizerConfig, 'learningRate'>, { kind, warmup }: ScheduleConfig): number {
  if (step < warmup)
    return learningRate * (step + 1) / warmup // the first step already moves
  if (kind === 'constant')
    return learningRate
  const progress = Math.min(1, (step - warmup) / Math.max(1, totalSteps - warmup))
  return learningRate * (1 + Math.cos(Math.PI * progress)) / 2
}
