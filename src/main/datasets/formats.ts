import type { DatasetFormat } from './format.ts'
import { utkface } from './utkface.ts'

/** All formats, the more particular before the more general. One file and one line here add one. */
export const formats: DatasetFormat[] = [
  utkface,
]
