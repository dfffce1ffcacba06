import process from 'node:process'
import { FacetError, toProblem } from '#shared/errors.ts'
import { inspectMethods, InspectRequest } from '#shared/inspect.ts'
import { inspectors } from './inspectors.ts'

/** The long-lived worker that looks at things for the host: one answer for each question, over the channel of the fork. Ends with its host. */
process.on('disconnect', () => process.exit(0))
process.on('message', (message) => {
  void answer(InspectRequest.parse(message))
})

async function answer({ id, method, input }: InspectRequest): Promise<void> {
  try {
    const inspect = inspectors[method] as (input: unknown) => Promise<unknown>
    const value = await inspect(inspectMethods[method].input.parse(input))
    process.send?.({ id, ok: true, value })
  }
  catch (error) {
    if (!(error instanceof FacetError))
      console.error(error)
    process.send?.({
      id,
      ok: false,
      problem: toProblem(error),
    })
  }
}
