/** Leaves of a configuration by their path, as JSON. A list of plain values is one leaf. */
export function leavesOf(value: unknown, path = ''): [string, string][] {
  if (typeof value !== 'object' || value === null || (Array.isArray(value) && value.every(entry => typeof entry !== 'object'))) {
    return [
      [path, JSON.stringify(value) ?? 'null'],
    ]
  }
  return Object.entries(value).flatMap(([name, entry]) => leavesOf(entry, path === ''
    ? name
    : `${path}.${name}`))
}
