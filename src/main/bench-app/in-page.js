/* What `facet bench app` runs inside the page: read as text and evaluated there, so that the host's code needs no types of a page. */
globalThis.bench = {
  goTo(route) {
    location.hash = `#${route}`
  },

  /** Goes to a screen that has none of the parts of others, until those have gone. */
  async leave() {
    location.hash = '#/try'
    while (document.querySelector('[role=grid], .compare, canvas'))
      await new Promise(resolve => setTimeout(resolve, 4))
  },

  /** Milliseconds from the change of the address until each of the named parts of the screen stands there and is painted. */
  async timeScreen(route, parts) {
    const start = performance.now()
    location.hash = `#${route}`
    const times = {}
    const painted = []
    const waiting = new Map(Object.entries(parts))
    while (waiting.size > 0) {
      await new Promise(resolve => setTimeout(resolve, 4))
      for (const [name, wanted] of waiting) {
        if (!document.querySelector(wanted))
          continue
        waiting.delete(name)
        painted.push(new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve))).then(() => { times[name] = performance.now() - start }))
      }
    }
    await Promise.all(painted)
    return times
  },

  /** Tiles of the gallery that can be seen, and how many of them show their face. */
  tiles() {
    const box = document.querySelector('.gallery').getBoundingClientRect()
    const seen = [...document.querySelectorAll('.gallery .cell')].filter((cell) => {
      const { top, bottom } = cell.getBoundingClientRect()
      return bottom > box.top && top < box.bottom
    })
    return { seen: seen.length, filled: seen.filter(cell => cell.querySelector('img')?.complete).length }
  },

  isFilled() {
    const { seen, filled } = globalThis.bench.tiles()
    return seen > 0 && filled === seen
  },

  /** Milliseconds from a jump to a part of the whole (0 to 1) until every tile in sight shows its face. */
  async timeJump(to) {
    const gallery = document.querySelector('.gallery')
    const start = performance.now()
    gallery.scrollTop = to * (gallery.scrollHeight - gallery.clientHeight)
    await new Promise(resolve => requestAnimationFrame(resolve)) // until then the tiles are those from before
    do
      await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)))
    while (!globalThis.bench.isFilled())
    return performance.now() - start
  },

  /** Frames from now on, until `endScroll`: when each began, and which part of the tiles in sight was filled. */
  watchScroll() {
    const frames = []
    const watch = (now) => {
      const { seen, filled } = globalThis.bench.tiles()
      frames.push({ now, filled: filled / Math.max(1, seen) })
      globalThis.bench.scroll.frame = requestAnimationFrame(watch)
    }
    globalThis.bench.scroll = { frames, frame: requestAnimationFrame(watch), top: document.querySelector('.gallery').scrollTop }
  },

  endScroll() {
    const { frames, frame, top } = globalThis.bench.scroll
    cancelAnimationFrame(frame)
    const lengths = frames.slice(1).map(({ now }, i) => now - frames[i].now)
    return {
      rows: (document.querySelector('.gallery').scrollTop - top) / document.querySelector('.gallery .line').clientHeight,
      framesPerSecond: 1000 * lengths.length / (frames.at(-1).now - frames[0].now),
      longestFrameMs: Math.max(...lengths),
      slowShare: lengths.filter(ms => ms > 50).length / lengths.length,
      filledShare: frames.reduce((sum, { filled }) => sum + filled, 0) / frames.length,
    }
  },

  /** Drags the scroll bar from top to bottom in so many milliseconds. */
  async dragThrough(ms) {
    const gallery = document.querySelector('.gallery')
    const start = performance.now()
    for (let part = 0; part < 1;) {
      await new Promise(resolve => requestAnimationFrame(resolve))
      part = Math.min(1, (performance.now() - start) / ms)
      gallery.scrollTop = part * (gallery.scrollHeight - gallery.clientHeight)
    }
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
