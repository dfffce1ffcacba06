import process from 'node:process'
import { FacetError, toProblem } from '#shared/errors.ts'
import { inspectMethods, InspectRequest, InspectStop } from '#shared/inspect.ts'
import { inspectors } from './inspectors.ts'

/** What ends the work on each question. */
const working = new Map<number, AbortController>()

/** The long-lived worker that looks at things for the host: one answer for each question, over the channel of the fork. Ends with its host. */
process.on('disconnect', () => process.exit(0))
process.on('message', (message) => {
  const stop = InspectStop.safeParse(message)
  if (stop.success)
    working.get(stop.data.stop)?.abort(new FacetError('interrupted', 'It was stopped.'))
  else
    void answer(InspectRequest.parse(message))
})

async function answer({ id, method, input }: InspectRequest): Promise<void> {
  const work = new AbortController()
  working.set(id, work)
  try {
    const inspect = inspectors[method] as (input: unknown, signal: AbortSignal) => Promise<unknown>
    const value = await inspect(inspectMethods[method].input.parse(input), work.signal)
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
  finally {
    working.delete(id)
  }
}
