import type { Rejected, Sample, Split, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import path from 'node:path'
import { z } from 'zod'
import { ageClassOf, AgeEdges, ageTasks } from './ages.ts'
import { readTable } from './csv-table.ts'
import { baseName, declareFormat, isImage, shareOf, strangers } from './format.ts'
import { hashFraction, partOf } from './splits.ts'

const NAME = /^(\d{1,3})_([01])_([0-4])_\d{8}[^/]*$/
/** Of 23,708 files those that are named well. */
const WHOLE = 23_705
/** Files of the CORAL split. */
const CORAL = { train: 13_147, test: 3287 }
const [YOUNGEST, OLDEST] = [1, 116]
const DEFAULT_SHARES = { train: 0.6, validation: 0.1 }
/** What the CORAL split takes of its training files for validation, because it has none of its own. */
const CORAL_VALIDATION = 0.1
const GENDERS = ['male', 'female']
const ETHNICITIES = [
  'White',
  'Black',
  'Asian',
  'Indian',
  'Others',
]

interface Labels { age: number, gender: number, ethnicity: number }

/** UTKFace: labels in the file name, `age_gender_race_datetime.jpg.chip.jpg`. Zhang et al. 2017; 23,708 files, 3 names malformed. */
export const utkface = declareFormat({
  name: 'utkface',
  title: 'UTKFace (age, gender, ethnicity)',
  licence: 'Available for non-commercial research purposes only; the images\' rights stay with their owners.',
  obtained: 'Free download for research: susanqq.github.io/UTKFace.',
  aligned: false,
  options: z.strictObject({
    ageEdges: AgeEdges,
    coral: z.string().optional().describe('Folder with the CORAL split: utk_train.csv, utk_test.csv and perhaps utk_valid.csv, each with a column "file" (Cao et al. 2020). Looked for in the data set\'s own folder too'),
  }),
  published: ({ ageEdges, coral }) => ({
    samples: WHOLE,
    seen: Math.round(coral === undefined ? WHOLE * DEFAULT_SHARES.train : WHOLE - CORAL.test - CORAL.train * CORAL_VALIDATION),
    tasks: tasksOf([YOUNGEST, OLDEST], ageEdges),
  }),
  recognise(listing) {
    const images = listing.files.filter(isImage)
    return shareOf(images.filter(file => NAME.test(baseName(file))).length, images.length, 'are named age_gender_race_datetime')
  },
  async scan(listing, options) {
    const coral = await readCoral(listing, options.coral)
    const samples: Sample[] = []
    const rejected: Rejected[] = strangers(listing.files)
    for (const file of listing.files.filter(isImage)) {
      const labels = parseName(baseName(file))
      if (typeof labels === 'string') {
        rejected.push({ path: file, reason: labels })
        continue
      }
      samples.push({
        path: file,
        labels: {
          ...labels,
          'age-class': ageClassOf(labels.age, options.ageEdges),
        },
        split: coral
          ? coral.splitOf(baseName(file), labels.age)
          : partOf(hashFraction(baseName(file)), DEFAULT_SHARES),
        subject: null,
        unseen: false,
      })
    }
    const ages = samples.filter(({ split }) => split !== null).map(({ labels }) => Number(labels.age))
    return {
      format: 'utkface',
      samples,
      rejected,
      tasks: tasksOf(ages, options.ageEdges),
      pairs: [],
      licence: this.licence,
      notes: [
        coral
          ? coral.note(samples.filter(({ split }) => split !== null).length)
          : 'Split by the first 4 bytes of the file name\'s SHA-256 as a fraction: below 0.6 train, below 0.7 validation, else test.',
        ...samples.length < 23_000
          ? [`${samples.length} of the 23,705 well-named files of the whole data set are here.`]
          : [],
      ],
    }
  },
})

function tasksOf(ages: number[], edges: number[]): Record<string, Task> {
  return {
    gender: { kind: 'classification', label: 'gender', classes: GENDERS, protocol: 'split' },
    ethnicity: { kind: 'classification', label: 'ethnicity', classes: ETHNICITIES, protocol: 'split' },
    ...ageTasks(ages, edges, 'split'),
  }
}

function parseName(name: string): Labels | string {
  const match = NAME.exec(name)
  if (match) {
    const [age, gender, ethnicity] = match.slice(1, 4).map(Number) as [number, number, number]
    return age <= 120
      ? { age, gender, ethnicity }
      : `age ${age} in the name is above 120`
  }
  const fields = name.replace(/\..*$/, '').split('_')
  if (fields.length !== 4) {
    return `name has ${fields.length} ${fields.length === 1
      ? 'field'
      : 'fields'} where age_gender_race_datetime has 4`
  }
  const [age, gender, race, time] = fields as [string, string, string, string]
  if (!/^\d{1,3}$/.test(age))
    return `age "${age}" in the name is no number of years`
  if (!/^[01]$/.test(gender))
    return `gender "${gender}" in the name is neither 0 (male) nor 1 (female)`
  if (!/^[0-4]$/.test(race))
    return `race "${race}" in the name is not 0 to 4`
  return `date and time "${time}" in the name are no digits`
}

interface Coral { splitOf: (file: string, age: number) => Split | null, note: (inSplit: number) => string }

/** The CORAL split as published with the paper's code: `,file,age` per line; its `age` counts from 21 and is not needed, the name holds the age. */
async function readCoral(listing: Listing, folder: string | undefined): Promise<Coral | null> {
  if (folder === undefined && !listing.files.includes('utk_train.csv'))
    return null
  const read = async (name: string, isRequired: boolean): Promise<Set<string>> => {
    const rows = await readTable(path.resolve(listing.root, folder ?? ''), name, { // a folder that the person names may lie anywhere
      columns: ['file'],
      isRequired,
    })
    return new Set(rows.map(row => baseName(row.file ?? '')))
  }
  const train = await read('utk_train.csv', true)
  const test = await read('utk_test.csv', true)
  const validation = await read('utk_valid.csv', false)
  const listed = new Set([
    ...train,
    ...test,
    ...validation,
  ]).size
  return {
    splitOf(file, age) {
      if (age < 21 || age > 60)
        return null
      if (test.has(file))
        return 'test'
      if (validation.has(file))
        return 'validation'
      if (!train.has(file))
        return null
      return validation.size === 0 && hashFraction(file) < CORAL_VALIDATION
        ? 'validation'
        : 'train'
    },
    note: inSplit => `CORAL split (ages 21-60): ${inSplit} of its ${listed} files are here; the other images have no split and are used without labels only.${validation.size === 0
      ? ' Validation: training files whose name\'s SHA-256 starts below 0.1.'
      : ''}`,
  }
}
