import type { DatasetFormat } from './format.ts'
import { csv } from './csv.ts'
import { fgnet } from './fgnet.ts'
import { folders } from './folders.ts'
import { lfw } from './lfw.ts'
import { synthetic } from './synthetic.ts'
import { tinyImagenet } from './tiny-imagenet.ts'
import { utkface } from './utkface.ts'

/** All formats, the more particular before the more general. One file and one line here add one. */
export const formats: DatasetFormat[] = [
  synthetic,
  utkface,
  fgnet,
  lfw,
  tinyImagenet,
  csv,
  folders,
]
