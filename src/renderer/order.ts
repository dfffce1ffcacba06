/** The list with the entry of one place put at another; unchanged where there is no such place. */
export function moveEntry<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list]
  if (from < 0 || from >= list.length || to < 0 || to >= list.length)
    return next
  next.splice(to, 0, ...next.splice(from, 1))
  return next
}
