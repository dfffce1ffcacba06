/* What `facet bench app` runs inside the page: read as text and evaluated there, so that the host's code needs no types of a page. */
globalThis.bench = {
  goTo(route) {
    location.hash = `#${route}`
  },

  /** Whether another screen's parts have gone. */
  isAway: () => location.hash === '#/try' && document.querySelector('[role=grid], canvas') === null,

  /** Milliseconds from the change of the address until what the screen is for stands there and is painted. */
  async timeScreen(route, wanted) {
    const start = performance.now()
    location.hash = `#${route}`
    while (!document.querySelector(wanted))
      await new Promise(resolve => setTimeout(resolve, 4))
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
    return performance.now() - start
  },

  seen: { updates: 0, slowestKeyMs: 0, longestFrameMs: 0 },

  /** Counts how often the chart is drawn anew, and how long keys and frames have to wait. */
  watch() {
    const { seen } = globalThis.bench
    // What a reader is told of the chart changes with each drawing.
    new MutationObserver(() => { seen.updates++ }).observe(document.querySelector('canvas'), { attributes: true, attributeFilter: ['aria-label'] })
    document.addEventListener('keydown', (event) => {
      requestAnimationFrame(() => { seen.slowestKeyMs = Math.max(seen.slowestKeyMs, performance.now() - event.timeStamp) })
    }, true)
    let last = performance.now()
    const frame = (now) => {
      seen.longestFrameMs = Math.max(seen.longestFrameMs, now - last)
      last = now
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  },
}
