import type { Teacher } from '#shared/files/teacher.ts'
import type { Order } from '#shared/order.ts'
import type { StageContext } from '#worker/stage.ts'
import type { TrainedNetwork } from './trained-network.ts'
import { FacetError } from '#shared/errors.ts'
import { readTeacher } from '#shared/files/teacher.ts'
import { teacherNetwork } from './trained-network.ts'

/** The teacher of a P-CNN, and how many it was chosen among. */
export interface ChosenTeacher { name: string, validation: number, tried: number, network: TrainedNetwork }

type Candidate = NonNullable<Order['candidates']>[number]

/** Candidates by the validation score of their frozen heads, the best (lowest) first; of equal ones the first in the study's list. */
export function rankCandidates(candidates: readonly Candidate[]): (Candidate & { validation: number })[] {
  const silent = candidates.find(({ validation }) => validation === null)
  if (silent || candidates.length === 0)
    throw new FacetError('internal', `internal: a p-cnn run came without the validation score of ${silent?.teacher ?? 'any teacher'}`)
  return candidates.map(({ validation, ...rest }) => ({ ...rest, validation: validation! })).sort((a, b) => a.validation - b.validation)
}

/**
 * P-CNN's teacher: the one that transfers best on validation, by the frozen heads of the same knowledge. One whose file cannot be trained
 * is passed over for the next, with a warning.
 *
 * @throws FacetError where no teacher can be trained
 */
export function chooseTeacher({ order, report }: Pick<StageContext<unknown>, 'order' | 'report'>): ChosenTeacher {
  const ranked = rankCandidates(order.candidates ?? [])
  for (const { teacher: name, validation } of ranked) {
    const teacher: Teacher = readTeacher(order.teachers.find(one => one.name === name)!.manifest)
    try {
      const network = teacherNetwork(teacher)
      report.log(`${name} transfers best on validation (${validation.toPrecision(4)}): all its parameters are trained`)
      return { name, validation, tried: ranked.length, network }
    }
    catch (error) {
      if (!(error instanceof FacetError))
        throw error
      report.log(`${name} would be better on validation (${validation.toPrecision(4)}), but cannot be trained: ${error.message}`, 'warning')
    }
  }
  throw new FacetError('bad-input', 'none of the teachers can be trained.', { hint: 'Name a teacher whose file is a TFJS graph model or of face-api.' })
}
