import { expect, it } from 'vitest'
import { checkSum, parseEvent, withSum } from '#shared/event-line.ts'

const event = { seq: 4, time: 1_700_000_000_000, attempt: 1, type: 'metrics', step: 12, values: { loss: 0.25, learningRate: 0.001 } }

it('a line carries the CRC-32 of its text', () => {
  expect(withSum('{"a":"123456789"}')).toBe('{"a":"123456789","crc":2838409648}') // zlib.crc32 of Python
  expect(checkSum(withSum('{"a":1}'))).toBe('{"a":1}')
  expect(checkSum('{"a":1,"crc":1}')).toBeNull()
  expect(checkSum('{"a":1}')).toBe('{"a":1}') // of an earlier version
})

it('no bit of a line can turn round and be taken for another event', () => {
  const line = withSum(JSON.stringify(event))
  expect(parseEvent(line)).toEqual(event)
  const bytes = new TextEncoder().encode(line)
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = bytes.slice()
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    const read = new TextDecoder().decode(damaged).split('\n').map(part => parseEvent(part))
    expect(read.every(one => one === null), `bit ${bit}: ${new TextDecoder().decode(damaged)}`).toBe(true)
  }
})
