import { existsSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'

/** Folder with the real photographs; tests on them skip where it is absent. */
export const dataRoot = path.resolve(import.meta.dirname, '..', process.env.FACET_DATA ?? '../shared/data')
export const hasData = existsSync(path.join(dataRoot, 'utkface'))
