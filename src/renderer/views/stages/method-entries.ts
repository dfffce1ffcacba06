/** A method as the form shows it. */
export interface MethodEntry {
  name: string
  isChosen: boolean
  /** teacher:* brings it. */
  isCovered: boolean
  /** Its own seeds, where it has any. */
  seeds: number[] | null
}

function nameOf(row: unknown): string {
  return typeof row === 'string'
    ? row
    : String((row as { name?: unknown } | null)?.name ?? '')
}

/** All methods that can be named, those of the recipe among them even where the check does not know them. */
export function methodEntries(rows: readonly unknown[], known: readonly string[]): MethodEntry[] {
  const written = new Map(rows.map(row => [nameOf(row), row]))
  const hasAll = written.has('teacher:*')
  return [...new Set([...known, ...written.keys()])].map((name) => {
    const row = written.get(name)
    const seeds = row !== null && typeof row === 'object' && 'seeds' in row && Array.isArray(row.seeds)
      ? row.seeds as number[]
      : null
    return { name, isChosen: written.has(name), isCovered: hasAll && name.startsWith('teacher:') && name !== 'teacher:*' && !written.has(name), seeds }
  })
}

/** The methods with one more or one less; teacher:* takes the place of the single teachers. */
export function toggleMethod(rows: readonly unknown[], name: string, isOn: boolean): unknown[] {
  if (!isOn)
    return rows.filter(row => nameOf(row) !== name)
  const others = name === 'teacher:*'
    ? rows.filter(row => !nameOf(row).startsWith('teacher:'))
    : [...rows]
  return name === 'teacher:*'
    ? [name, ...others]
    : [...others, name]
}

/** The methods with other seeds for one of them; none gives it the study's again. */
export function withMethodSeeds(rows: readonly unknown[], name: string, seeds: unknown): unknown[] {
  return rows.map(row => nameOf(row) === name
    ? seeds === undefined ? name : { name, seeds }
    : row)
}
