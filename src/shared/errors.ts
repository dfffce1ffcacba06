/** What kind of failure it was: decides the exit code and which screen shows it, never its wording. */
export type ErrorCode
  = | 'usage' // the command line or a call is malformed
    | 'bad-input' // a recipe, manifest, folder or image is not what it should be
    | 'not-found'
    | 'conflict' // somebody else holds it, or the state does not allow it
    | 'engine' // TensorFlow, its installation or a graph
    | 'disk'
    | 'interrupted'
    | 'internal'

/** A failure as plain data: what crosses processes, is stored with a run and printed. */
export interface Problem {
  code: ErrorCode
  /** What is wrong, with the value that was tested and the limit it broke. */
  message: string
  /** File, line and field, run key or path. */
  where?: string
  /** What to do. */
  hint?: string
}

/** An error meant for people: what is wrong, where, what to do. */
export class FacetError extends Error {
  readonly code: ErrorCode
  readonly where?: string
  readonly hint?: string

  constructor(code: ErrorCode, message: string, details: { where?: string, hint?: string, cause?: unknown } = {}) {
    super(message, { cause: details.cause })
    this.name = 'FacetError'
    this.code = code
    this.where = details.where
    this.hint = details.hint
  }
}

/** Any thrown value as a Problem; what is not a FacetError is our own fault and says so. */
export function toProblem(error: unknown): Problem {
  if (error instanceof FacetError) {
    return {
      code: error.code,
      message: error.message,
      where: error.where,
      hint: error.hint,
    }
  }
  return diskProblem(error) ?? { code: 'internal', message: `internal: ${error instanceof Error
    ? error.message
    : String(error)}` }
}

/** What the system or SQLite says of a disk, as people know it; null for anything else. */
function diskProblem(error: unknown): Problem | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (['ENOSPC', 'EDQUOT', 'SQLITE_FULL'].includes(code))
    return { code: 'disk', message: 'The disk is full.', hint: 'Free some space (facet gc lists what can go) and resume.' }
  if (['EIO', 'EROFS'].includes(code) || code.startsWith('SQLITE_IOERR'))
    return { code: 'disk', message: `The disk cannot be read or written (${code}).`, hint: 'See what the system says of it (dmesg), then resume: what was sealed and the checkpoints stay.' }
  return null
}

/** The one wording of a problem, for the terminal, the log and the screen. */
export function wordProblem({ message, where, hint }: Problem): string {
  return [
    where
      ? `${where}: ${message}`
      : message,
    hint,
  ].filter(Boolean).join('\n  ')
}
