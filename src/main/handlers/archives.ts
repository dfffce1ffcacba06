import type { HandlerPart } from '../core.ts'
import { exportStudy } from '../archive/export-study.ts'
import { importStudy } from '../archive/import-study.ts'
import { facetVersion } from './workspace.ts'

/** Studies as archives: written with all that they have computed, and taken in. */
export const archiveHandlers = (core => ({
  'studies.exportArchive': ({ name, path }) => exportStudy(core.workspace, name, path, facetVersion()),
  'studies.importArchive': ({ path, as }) => importStudy(core, path, as),
})) satisfies HandlerPart
