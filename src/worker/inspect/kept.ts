/** Things that are dear to open, kept for the next question. */
export interface Kept<T> {
  /** Gives `work` the thing of a key, opened where it is not open; it stays open as long as the work goes on. */
  use: <R>(key: string, open: () => T | Promise<T>, work: (thing: T) => R | Promise<R>) => Promise<R>
  /** Closes all that nobody works with. */
  clear: () => void
}

interface Entry<T> { thing: Promise<T>, users: number, usedAt: number, timer: NodeJS.Timeout | undefined }

/**
 * Keeps what was opened last, and closes what was not asked for in a while: memory follows use.
 *
 * @param options         how much is kept
 * @param options.most    things at a time; those in use are never closed, whatever this says
 * @param options.idleMs  how long one stays open unused
 * @param options.close   frees one
 */
export function keep<T>({ most, idleMs, close }: { most: number, idleMs: number, close: (thing: T) => void }): Kept<T> {
  const entries = new Map<string, Entry<T>>()
  let clock = 0

  function drop(key: string, entry: Entry<T>): void {
    if (entry.users > 0)
      return
    clearTimeout(entry.timer)
    if (entries.get(key) === entry)
      entries.delete(key)
    entry.thing.then(close, () => {})
  }
  function makeRoom(): void {
    const idle = [...entries].filter(([, { users }]) => users === 0).sort(([, a], [, b]) => a.usedAt - b.usedAt)
    for (const [key, entry] of idle.slice(0, Math.max(0, entries.size - most)))
      drop(key, entry)
  }
  return {
    async use(key, open, work) {
      const entry = entries.get(key) ?? { thing: Promise.resolve().then(open), users: 0, usedAt: 0, timer: undefined }
      entries.set(key, entry)
      entry.users++
      entry.usedAt = ++clock
      clearTimeout(entry.timer)
      try {
        return await work(await entry.thing)
      }
      finally {
        entry.users--
        const failed = await entry.thing.then(() => false, () => true)
        if (failed) {
          if (entries.get(key) === entry)
            entries.delete(key) // tried anew with the next question
        }
        else if (entry.users === 0) {
          clearTimeout(entry.timer) // two that ended at once both come here
          entry.timer = setTimeout(drop, idleMs, key, entry).unref()
          makeRoom()
        }
      }
    },
    clear() {
      for (const [key, entry] of entries) {
        if (entry.users === 0)
          drop(key, entry)
      }
    },
  }
}
