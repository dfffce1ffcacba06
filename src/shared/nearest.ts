/** Edits (insert, delete, replace, swap of neighbours) between two words: optimal string alignment distance. */
export function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => (i === 0
    ? j
    : j === 0
      ? i
      : 0)))
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1]
        ? 0
        : 1
      let best = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, rows[i - 2]![j - 2]! + 1)
      rows[i]![j] = best
    }
  }
  return rows[a.length]![b.length]!
}

/** The valid name most like a misspelt one, or null where none is close (more than a third of it would have to change). */
export function nearest(word: string, names: Iterable<string>): string | null {
  let best: string | null = null
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase())
    if (distance < least) { least = distance; best = name }
  }
  return best
}

/** "…; did you mean X? Valid: …" for any list of names. */
export function suggestName(word: string, names: Iterable<string>): string {
  const all = [...names]
  const near = nearest(word, all)
  return `${near
    ? `Did you mean "${near}"? `
    : ''}Valid: ${all.join(', ')}.`
}
