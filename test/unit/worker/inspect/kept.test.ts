import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { keep } from '#worker/inspect/kept.ts'

function makeKept(most: number, idleMs = 60_000) {
  const closed: string[] = []
  let opened = 0
  const kept = keep<string>({ most, idleMs, close: thing => closed.push(thing) })
  return {
    closed,
    opened: () => opened,
    use: (key: string, work: (thing: string) => unknown = () => {}) => kept.use(key, () => { opened++; return key }, work),
    kept,
  }
}

describe('things kept open', () => {
  it('are opened once for many questions, and again after the least used was closed for room', async () => {
    const { use, opened, closed } = makeKept(2)
    await use('a')
    await use('b')
    await use('a')
    expect(opened()).toBe(2)
    await use('c')
    await sleep(1)
    expect(closed).toEqual(['b'])
  })

  it('are never closed while somebody works with them', async () => {
    const { use, closed } = makeKept(1)
    await use('a', async () => {
      await use('b')
      await use('c')
      await sleep(1)
      expect(closed).not.toContain('a')
    })
  })

  it('are closed when nobody asked in a while', async () => {
    const { use, closed } = makeKept(2, 10)
    await use('a')
    await sleep(40)
    expect(closed).toEqual(['a'])
  })

  it('are not closed by the clock of two uses that ended at once', async () => {
    const { use, closed } = makeKept(2, 10)
    await Promise.all([use('a'), use('a')])
    await use('a', async () => {
      await sleep(40)
      expect(closed).toEqual([])
    })
    await sleep(40)
    expect(closed).toEqual(['a'])
  })

  it('that could not be opened are tried anew', async () => {
    const { kept } = makeKept(2)
    await expect(kept.use('a', () => { throw new Error('not yet') }, () => {})).rejects.toThrow('not yet')
    expect(await kept.use('a', () => 'there', thing => thing)).toBe('there')
  })
})
