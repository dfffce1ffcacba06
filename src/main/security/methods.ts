import type { Method } from '#shared/contract.ts'
import { methods } from '#shared/contract.ts'

/** Whether a name from outside is a method of the contract; `constructor` and the like are not, whatever they inherit. */
export function isContractMethod(name: unknown): name is Method {
  return typeof name === 'string' && Object.hasOwn(methods, name)
}
