import { crc32 } from 'node:zlib'
import { RunEvent } from './order.ts'

const sum = /,"crc":(\d{1,10})\}$/

/** A line of an event file, which is a JSON object, with the CRC-32 of its text as its last field: a bit that a disk turns round shows. */
export function withSum(line: string): string {
  return `${line.slice(0, -1)},"crc":${crc32(line)}}`
}

/** The line without its sum; null where the sum is another text's. Lines of earlier versions have none and are taken as they are. */
export function checkSum(line: string): string | null {
  const found = sum.exec(line)
  if (!found)
    return line
  const text = `${line.slice(0, found.index)}}`
  return crc32(text) === Number(found[1]) ? text : null
}

/** The event of a line; null where the line is damaged. */
export function parseEvent(line: string): RunEvent | null {
  const text = checkSum(line)
  try {
    return text === null ? null : RunEvent.parse(JSON.parse(text))
  }
  catch {
    return null
  }
}
