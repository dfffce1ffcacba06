import { FacetError } from '#shared/errors.ts'

/** The process that held the workspace ended, or does not answer. `wasAsked`: it may have done what was asked before. */
export class HolderGone extends FacetError {
  readonly wasAsked: boolean

  constructor(message: string, { wasAsked }: { wasAsked: boolean }) {
    super('interrupted', message, { hint: 'Run the command again: the next one who opens the workspace takes it over, and workers go on meanwhile.' })
    this.wasAsked = wasAsked
  }
}
