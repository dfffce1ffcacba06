import { z } from 'zod'

/** runs/<key>/control.json: what a person asks of a running worker. */
export const RunControl = z.strictObject({
  request: z.enum(['pause', 'stop']),
})
export type RunRequest = z.infer<typeof RunControl>['request']
