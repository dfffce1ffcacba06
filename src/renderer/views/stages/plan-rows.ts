import type { PlanView } from '#shared/views.ts'
import { labelOf } from '#shared/recipe-edit/form.ts'

/** A stage's part of a plan. `seconds` are those of its runs one after the other. */
export interface PlanRow { stage: string, title: string, steps: number, cached: number, toDo: number, blocked: number, seconds: number, bytes: number, why: string }

/** A plan by stages, in the order of its steps. */
export function planRows({ steps }: Pick<PlanView, 'steps'>): PlanRow[] {
  return [...Map.groupBy(steps, step => step.stage)].map(([stage, own]) => {
    const of = (state: PlanView['steps'][number]['state']): PlanView['steps'] => own.filter(step => step.state === state)
    const toDo = of('to do')
    return {
      stage,
      title: labelOf(stage),
      steps: own.length,
      cached: of('cached').length,
      toDo: toDo.length,
      blocked: of('blocked').length,
      seconds: toDo.reduce((sum, step) => sum + step.seconds, 0),
      bytes: toDo.reduce((sum, step) => sum + step.bytes, 0),
      why: why(own),
    }
  })
}

function why(steps: PlanView['steps']): string {
  const blocked = [...new Set(steps.flatMap(({ blockedBy }) => blockedBy ?? []))]
  const labels = steps.filter(({ state }) => state === 'to do').map(({ label, stage }) => label.replace(`${stage} `, ''))
  const named = labels.slice(0, 3).join('; ')
  return [
    ...blocked,
    ...labels.length > 0 ? [labels.length > 3 ? `${named} and ${labels.length - 3} more` : named] : [],
  ].join('; ') || 'nothing changed'
}
