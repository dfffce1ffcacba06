import type { Sample, Split } from '#shared/dataset.ts'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { FacetError } from '#shared/errors.ts'
import { OBJECTS, SyntheticObjectsOverrides } from '#shared/synthetic.ts'
import { readTable } from './csv-table.ts'
import { declareFormat, strangers } from './format.ts'
import { stratifiedSplit } from './splits.ts'

const SHARES = { train: 0.6, validation: 0.15 }

/** Drawn objects, ten classes: they stand in for Tiny ImageNet where the whole protocol runs on drawn images. */
export const syntheticObjects = declareFormat({
  name: 'synthetic-objects',
  title: 'Drawn objects (ten classes)',
  licence: 'Drawn by Facet: free of anybody\'s rights. They prove nothing about a method.',
  aligned: true,
  options: SyntheticObjectsOverrides,
  recognise(listing) {
    return listing.files.includes('synthetic-objects.json')
      ? { confidence: 1, why: 'it has a synthetic-objects.json' }
      : { confidence: 0, why: 'it has no synthetic-objects.json' }
  },
  async generate(root, parameters, synthesize) {
    await synthesize({ path: root, kind: 'objects', ...parameters })
  },
  async scan(listing) {
    const mark = await readFile(path.join(listing.root, 'drawn.json'), 'utf8').catch((error: unknown) => {
      throw new FacetError('bad-input', 'The objects of this folder are not drawn yet.', { where: listing.root, hint: 'Add it with --format synthetic-objects: a worker draws them first.', cause: error })
    })
    const rows = await readTable(listing.root, 'labels.csv', { columns: ['path', 'object'] })
    const known = new Set(listing.files)
    const classes: readonly string[] = OBJECTS
    const isWhole = (row: Record<string, string>): boolean => known.has(row.path!) && classes.includes(row.object!)
    const found = rows.filter(isWhole)
    const splits = stratifiedSplit(found.map(row => ({ name: row.path!, stratum: row.object! })), { seed: 0, ...SHARES })
    const samples = found.map((row): Sample => {
      const split: Split = splits.get(row.path!)!
      return { path: row.path!, labels: { object: classes.indexOf(row.object!) }, split, subject: null, unseen: split === 'test' }
    })
    return {
      format: 'synthetic-objects',
      samples,
      rejected: [
        ...strangers(listing.files),
        ...rows.filter(row => !isWhole(row)).map(row => ({ path: row.path!, reason: known.has(row.path!) ? `is labelled "${row.object}", which is none of ${OBJECTS.join(', ')}` : 'is in labels.csv but not in the folder' })),
      ],
      tasks: { object: { kind: 'classification', label: 'object', classes: [...OBJECTS], protocol: 'split' } },
      pairs: [],
      licence: this.licence,
      notes: [`Drawn with ${mark}.`, 'Drawn objects show that everything works; they prove nothing about a method.'],
    }
  },
})
