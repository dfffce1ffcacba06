import { FacetError } from '#shared/errors.ts'

/** The process that held the workspace ended, or does not answer (`isHung`). `wasAsked`: it may have done what was asked before. */
export class HolderGone extends FacetError {
  readonly wasAsked: boolean
  readonly isHung: boolean

  constructor(message: string, { wasAsked, isHung = false }: { wasAsked: boolean, isHung?: boolean }) {
    super('interrupted', message, { hint: isHung
      ? 'End that process if it does not come back: the next one who opens the workspace takes it over, and workers go on meanwhile. Reading is possible all the same.'
      : 'Run the command again: the next one who opens the workspace takes it over, and workers go on meanwhile.' })
    this.wasAsked = wasAsked
    this.isHung = isHung
  }
}
