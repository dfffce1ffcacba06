/** A set-up failure meant for people: what is wrong, what to do, and the log of the tool that failed. */
export class SetupProblem extends Error {
  /**
   * @param {string} message what is wrong, with the value that was tested
   * @param {{ hint: string, log?: string, kind?: string }} details `hint` holds the command that mends it
   */
  constructor(message, { hint, log, kind = 'other' }) {
    super(message)
    this.name = 'SetupProblem'
    this.hint = hint
    this.log = log
    this.kind = kind
  }
}

/**
 * The one wording of a set-up failure.
 * @param {unknown} error anything thrown
 * @returns {string} lines for stderr
 */
export function wordSetupProblem(error) {
  if (!(error instanceof SetupProblem)) {
    return `facet set-up: internal: ${error instanceof Error
      ? error.stack
      : error}`
  }
  return [
    `facet set-up: ${error.message}`,
    `  ${error.hint}`,
    ...(error.log
      ? [`  Log: ${error.log}`]
      : []),
  ].join('\n')
}
