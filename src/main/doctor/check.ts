/** `ok`; `warning`: works, with a limit; `problem`: something does not work; `absent`: optional and not there. */
export type Verdict = 'ok' | 'warning' | 'problem' | 'absent'

/** One line of the doctor's report. */
export interface DoctorCheck {
  /** Stable word for JSON readers. */
  name: string
  title: string
  verdict: Verdict
  /** What was found, with its figures. */
  value: string
  /** The command or step that mends it. */
  hint?: string
}

/** Bytes as gigabytes with one decimal. */
export function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
