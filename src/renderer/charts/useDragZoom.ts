import type { Ref } from 'vue'
import { computed, shallowRef } from 'vue'

export interface Zoom { from: number, to: number }

interface DragZoom {
  /** The stretch being drawn, in pixels from the left, else null. */
  band: Readonly<Ref<{ left: number, width: number } | null>>
  onPointerDown: (event: PointerEvent) => void
  onPointerMove: (event: PointerEvent) => void
  onPointerUp: (event: PointerEvent) => void
}

/** Dragging over a chart chooses a stretch of its steps. `stepAt` turns pixels into steps. */
export function useDragZoom(zoom: Ref<Zoom | null>, stepAt: (pixel: number) => number | undefined): DragZoom {
  const drag = shallowRef<{ start: number, end: number } | null>(null)
  const at = (event: PointerEvent): number => event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left
  return {
    band: computed(() => drag.value && {
      left: Math.min(drag.value.start, drag.value.end),
      width: Math.abs(drag.value.end - drag.value.start),
    }),
    onPointerDown(event) {
      if (event.button !== 0) {
        return
      }(event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
      drag.value = { start: at(event), end: at(event) }
    },
    onPointerMove(event) {
      if (drag.value)
        drag.value = { ...drag.value, end: at(event) }
    },
    onPointerUp() {
      const made = drag.value
      drag.value = null
      // A click that trembled is no zoom.
      if (!made || Math.abs(made.end - made.start) < 6)
        return
      const from = stepAt(Math.min(made.start, made.end))
      const to = stepAt(Math.max(made.start, made.end))
      if (from !== undefined && to !== undefined && to > from)
        zoom.value = { from, to }
    },
  }
}

/** The stretch after a key: + and - about its middle, arrows sideways by a quarter, 0 the whole. Undefined where the key means nothing. */
export function zoomByKey(key: string, zoom: Zoom | null, whole: Zoom): Zoom | null | undefined {
  const { from, to } = zoom ?? whole
  const width = to - from
  const limited = (next: Zoom): Zoom | null => next.from <= whole.from && next.to >= whole.to
    ? null
    : { from: Math.max(whole.from, next.from), to: Math.min(whole.to, next.to) }
  switch (key) {
    case '+':
    case '=': return limited({ from: from + width / 4, to: to - width / 4 })
    case '-': return limited({ from: from - width / 2, to: to + width / 2 })
    case 'ArrowLeft': {
      const shift = Math.min(width / 4, from - whole.from)
      return limited({ from: from - shift, to: to - shift })
    }
    case 'ArrowRight': {
      const shift = Math.min(width / 4, whole.to - to)
      return limited({ from: from + shift, to: to + shift })
    }
    case '0': return null
    default: return undefined
  }
}
