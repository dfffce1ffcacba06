import { expect, it } from 'vitest'
import { SavePace } from '#worker/training/save-pace.ts'

/** A clock that is moved by hand, in ms. */
function createClock() {
  let now = 1_000_000
  return {
    now: () => now,
    pass: (ms: number) => { now += ms },
  }
}

/** How long it takes until the next checkpoint is due, to the second. */
function secondsUntilDue(pace: SavePace, pass: (ms: number) => void) {
  let seconds = 0
  for (; !pace.isDue; seconds++)
    pass(1_000)
  return seconds
}

it('checkpoints come after 10 s, then 20, 40 and at most 60 s apart', async () => {
  const { now, pass } = createClock()
  const pace = new SavePace(now)
  const waits: number[] = []
  for (let save = 0; save < 5; save++) {
    waits.push(secondsUntilDue(pace, pass))
    await pace.time(async () => pass(5))
  }
  expect(waits).toEqual([10, 20, 40, 60, 60])
})

it('saves that take long come less often, so that they take at most a fiftieth of the time', async () => {
  const { now, pass } = createClock()
  const pace = new SavePace(now)
  await pace.time(async () => pass(3_000))
  expect(secondsUntilDue(pace, pass)).toBe(150)
})

it('a save that fails leaves the next one due', async () => {
  const { now, pass } = createClock()
  const pace = new SavePace(now)
  pass(10_000)
  await expect(pace.time(() => Promise.reject(new Error('the disk is full')))).rejects.toThrow('the disk is full')
  expect(pace.isDue).toBe(true)
})
