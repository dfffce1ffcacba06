import { existsSync, readFileSync, truncateSync } from 'node:fs'
import { z } from 'zod'
import { checkSum } from '#shared/event-line.ts'

/** What all events have. */
const Numbered = z.looseObject({
  seq: z.int(),
  attempt: z.int(),
})

/**
 * Gets an event file ready for another attempt: cuts off a line that a killed worker left half written (the host takes in
 * whole lines only, so it has not seen it), and says how to go on counting: from `firstSeq` on at least, since the file may have
 * lost what the host has taken in already (a power cut, a damaged disk), and a number that is known is passed over.
 */
export function prepareEventFile(path: string, firstSeq = 0): { nextSeq: number, attempt: number } {
  if (!existsSync(path))
    return { nextSeq: firstSeq, attempt: 1 }
  const bytes = readFileSync(path)
  const end = bytes.lastIndexOf(10) + 1
  if (end < bytes.length)
    truncateSync(path, end)
  const line = bytes.subarray(0, end).toString('utf8').split('\n').findLast(one => parse(one) !== null)
  const last = line === undefined
    ? null
    : parse(line)
  return last
    ? { nextSeq: Math.max(firstSeq, last.seq + 1), attempt: last.attempt + 1 }
    : { nextSeq: firstSeq, attempt: 1 }
}

function parse(line: string): z.infer<typeof Numbered> | null {
  try {
    const text = checkSum(line)
    return text === null ? null : Numbered.parse(JSON.parse(text))
  }
  catch {
    return null
  }
}
