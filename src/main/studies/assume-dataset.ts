import type { StudyDataset } from './step.ts'
import { parseOptions } from '../datasets/add.ts'
import { formats } from '../datasets/formats.ts'
import { contentKey } from './keys.ts'

/**
 * A data set that is not there yet, as large as its publisher gives it, so that a plan can tell what it would cost; null where its format
 * has no published size. Its fingerprint is made up: nothing that is computed has the keys that follow from it.
 *
 * @throws FacetError `bad-input` where its options are none of its format
 */
export function assumeDataset(name: string, { path, format: formatName, options }: { path: string, format?: string, options: Record<string, unknown> }): StudyDataset | null {
  const format = formats.find(one => one.name === formatName)
  if (!format?.published)
    return null
  const { samples, seen, subjects = 0, tasks } = format.published(parseOptions(format, options))
  return { name, root: path, fingerprint: contentKey({ assumed: name, format: format.name }), format: format.name, tasks, aligned: format.aligned, samples, seen, subjects }
}
