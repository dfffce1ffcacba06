import type { HandlerPart } from '../core.ts'
import { archiveHandlers } from './archives.ts'
import { compareHandlers } from './compare.ts'
import { datasetPageHandlers } from './dataset-pages.ts'
import { datasetHandlers } from './datasets.ts'
import { exportHandlers } from './exports.ts'
import { gcHandlers } from './gc.ts'
import { modelHandlers } from './models.ts'
import { overviewHandlers } from './overview.ts'
import { reproduceHandlers } from './reproduce.ts'
import { runHandlers } from './runs.ts'
import { savedTableHandlers } from './saved-tables.ts'
import { studyHandlers } from './studies.ts'
import { studyDocumentHandlers } from './study-documents.ts'
import { tableHandlers } from './tables.ts'
import { teacherHandlers } from './teachers.ts'
import { tryHandlers } from './try.ts'
import { workspaceHandlers } from './workspace.ts'

/** Everything that answers the contract. One file and one line here add a part. */
export const parts: HandlerPart[] = [
  workspaceHandlers,
  datasetHandlers,
  datasetPageHandlers,
  runHandlers,
  reproduceHandlers,
  overviewHandlers,
  compareHandlers,
  tableHandlers,
  savedTableHandlers,
  modelHandlers,
  exportHandlers,
  gcHandlers,
  studyHandlers,
  studyDocumentHandlers,
  archiveHandlers,
  teacherHandlers,
  tryHandlers,
]
