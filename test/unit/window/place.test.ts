import { expect, it } from 'vitest'
import { choosePlace } from '#main/window/place.ts'

const laptop = { x: 0, y: 0, width: 1440, height: 860 }
const monitor = { x: 1440, y: 0, width: 2560, height: 1400 }

it('opens at a standard size where nothing is remembered', () => {
  expect(choosePlace(null, [monitor])).toEqual({ width: 1440, height: 900, isMaximized: false })
})

it('opens where it was left', () => {
  const place = { x: 1600, y: 50, width: 2000, height: 1200, isMaximized: true }
  expect(choosePlace(place, [laptop, monitor])).toEqual(place)
})

it('comes back from a screen that was unplugged, at a size that fits', () => {
  expect(choosePlace({ x: 1600, y: 50, width: 2000, height: 1200, isMaximized: false }, [laptop])).toEqual({ width: 1440, height: 860, isMaximized: false })
})

it.each([{ x: 1400, y: 10 }, { x: -1390, y: 10 }, { x: 10, y: -5 }, { x: 10, y: 850 }])('comes back from %j, where nobody could grasp it', ({ x, y }) => {
  expect(choosePlace({ x, y, width: 1400, height: 800, isMaximized: false }, [laptop])).toEqual({ width: 1400, height: 800, isMaximized: false })
})

it('is never smaller than what its screens need', () => {
  expect(choosePlace({ x: 0, y: 0, width: 10, height: 10, isMaximized: false }, [laptop])).toMatchObject({ width: 900, height: 600 })
})
