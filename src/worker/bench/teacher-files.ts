import type { Teacher } from '#shared/files/teacher.ts'
import { join } from 'node:path'
import { readTeacher } from '#shared/files/teacher.ts'

/** A built-in teacher. */
export function builtIn(name: string): Teacher {
  return readTeacher(join(import.meta.dirname, '../../../resources/teachers', `${name}.yaml`))
}
