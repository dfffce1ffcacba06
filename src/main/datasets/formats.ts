import type { DatasetFormat } from './format.ts'
import { affectnet } from './affectnet.ts'
import { celeba } from './celeba.ts'
import { csv } from './csv.ts'
import { emotionet } from './emotionet.ts'
import { fgnet } from './fgnet.ts'
import { folders } from './folders.ts'
import { images } from './images.ts'
import { imdbWiki } from './imdb-wiki.ts'
import { lfw } from './lfw.ts'
import { msCeleb } from './ms-celeb.ts'
import { rafdb } from './rafdb.ts'
import { sfew } from './sfew.ts'
import { syntheticObjects } from './synthetic-objects.ts'
import { synthetic } from './synthetic.ts'
import { tinyImagenet } from './tiny-imagenet.ts'
import { unbc } from './unbc.ts'
import { utkface } from './utkface.ts'
import { vggface2 } from './vggface2.ts'

/** All formats, the more particular before the more general. One file and one line here add one. */
export const formats: DatasetFormat[] = [
  synthetic,
  syntheticObjects,
  utkface,
  fgnet,
  lfw,
  tinyImagenet,
  rafdb,
  sfew,
  affectnet,
  celeba,
  imdbWiki,
  unbc,
  vggface2,
  msCeleb,
  emotionet,
  csv,
  folders,
  images,
]
