export interface Rectangle { x: number, y: number, width: number, height: number }

/** Where a window was left. */
export interface Place { x?: number, y?: number, width: number, height: number, isMaximized: boolean }

export const smallest = { width: 900, height: 600 } as const
const standard = { width: 1440, height: 900 } as const
/** So much of the title bar must be on a screen, or nobody could move the window. */
const graspPixels = 80

/**
 * The place for a new window: where the last one was left, as far as it still fits the screens there are now. A screen that
 * was unplugged must not swallow the window.
 */
export function choosePlace(remembered: Place | null, screens: readonly Rectangle[]): Place {
  const main = screens[0] ?? { x: 0, y: 0, ...standard }
  const { width, height, isMaximized } = remembered ?? { ...standard, isMaximized: false }
  const home = screens.find(screen => isGraspable(remembered, screen))
  const bounds = home ?? main
  return {
    ...home && { x: remembered!.x, y: remembered!.y },
    width: clamp(width, smallest.width, bounds.width),
    height: clamp(height, smallest.height, bounds.height),
    isMaximized,
  }
}

function isGraspable(place: Place | null, screen: Rectangle): boolean {
  if (place?.x === undefined || place.y === undefined)
    return false
  const { x, y, width } = place
  const visible = Math.min(x + width, screen.x + screen.width) - Math.max(x, screen.x)
  return visible >= graspPixels && y >= screen.y && y <= screen.y + screen.height - graspPixels
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, Math.max(low, high)))
}
