import type { Arbitrary } from 'fast-check'

/** A parser of what comes from outside, and inputs that try to break it. */
export interface FuzzTarget<I = unknown> {
  name: string
  input: Arbitrary<I>
  /**
   * Reads one input. Returns what was made of it, or `refused` where the parser says no in its own way (a list of issues, null);
   * a FacetError counts as a refusal, every other error as a finding. What is returned is looked through for changed prototypes.
   */
  read: (input: I) => unknown
  /** Says how an input that was found is to be shown; by default as JSON. */
  show?: (input: I) => string
}

/** What a parser answers that refuses without throwing. */
export const refused = Symbol('refused')

/** A target among those of other inputs. */
export function declareTarget<I>(target: FuzzTarget<I>): FuzzTarget {
  return target as FuzzTarget
}
