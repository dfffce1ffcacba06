import { stderr } from 'node:process'

/**
 * Progress of set-up on stderr, so that what a command prints on stdout stays clean.
 * A terminal sees one line per step that counts its seconds; elsewhere each step is a plain line.
 * Nothing is printed before the first step, so a set-up with nothing to do is silent.
 */
export function createProgress({ stream = stderr, clock = () => performance.now() } = {}) {
  const started = clock()
  let steps = 0

  const elapsed = () => `${((clock() - started) / 1000).toFixed(1).padStart(6)} s`
  const line = text => `facet set-up ${elapsed()}  ${text}`

  /**
   * Runs one step under a title.
   * @template T
   * @param {string} title what is being done
   * @param {(note: (text: string) => void) => Promise<T>} work may note how far it is
   * @returns {Promise<T>} what the work returned
   */
  async function step(title, work) {
    steps++
    let note = ''
    let shown = ''
    const show = () => {
      const text = note
        ? `${title}: ${note}`
        : title
      if (stream.isTTY)
        stream.write(`\r\x1B[2K${line(text).slice(0, (stream.columns || 80) - 1)}`)
      else if (text !== shown)
        stream.write(`${line(text)}\n`)
      shown = text
    }
    show()
    const timer = setInterval(show, stream.isTTY ? 500 : 15_000)
    timer.unref()
    try {
      return await work((text) => { note = text })
    }
    finally {
      clearInterval(timer)
      if (stream.isTTY)
        stream.write(`\r\x1B[2K${line(title)}\n`)
    }
  }

  /** One line on its own. */
  function say(text) {
    stream.write(`${line(text)}\n`)
  }

  return {
    step,
    say,
    stepCount: () => steps,
    seconds: () => (clock() - started) / 1000,
  }
}
