import type { Pair, Rejected, Sample, Scan, Split, Task } from '#shared/dataset.ts'
import type { Listing } from './listing.ts'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { packAttributes } from '#shared/attributes.ts'
import { FacetError } from '#shared/errors.ts'
import { ACTION_UNITS, ATTRIBUTES, ETHNICITIES, EXPRESSIONS, GENDERS, SyntheticOverrides } from '#shared/synthetic.ts'
import { ageClassOf, AgeEdges, ageTasks } from './ages.ts'
import { readTable } from './csv-table.ts'
import { declareFormat, isImage, strangers } from './format.ts'
import { heldOutSubjects } from './held-out.ts'
import { byCodeUnit } from './listing.ts'
import { hashFraction, stratifiedSplit } from './splits.ts'

const SHARES = { train: 0.6, validation: 0.15 }
const MOST_FOLDS = 10
/** Pairs of either kind in a fold; fewer where the people of a fold have fewer photographs. */
const PAIRS_IN_FOLD = 30
const CLASSES = { gender: GENDERS, ethnicity: ETHNICITIES, expression: EXPRESSIONS } as const
const MOST_PAIN = 16

/** Drawn faces with exact labels: synthetic.json says how many and from which seed, a worker draws them. For the demo and for tests. */
export const synthetic = declareFormat({
  name: 'synthetic',
  title: 'Drawn faces (identity, age, gender, ethnicity, expression, pain, attributes)',
  licence: 'Drawn by Facet: free of anybody\'s rights. They prove nothing about a method.',
  aligned: false,
  options: SyntheticOverrides.extend({
    ageEdges: AgeEdges,
    protocol: z.enum(['split', 'subjects']).default('split').describe('split: people in training, validation and test parts; subjects: one person is left out in turn, as with FG-NET'),
  }),
  recognise(listing) {
    return listing.files.includes('synthetic.json')
      ? { confidence: 1, why: 'it has a synthetic.json' }
      : { confidence: 0, why: 'it has no synthetic.json' }
  },
  async generate(root, { ageEdges: _, protocol: __, ...parameters }, synthesize) {
    await synthesize({ path: root, ...parameters })
  },
  async scan(listing, options) {
    const mark = await readFile(path.join(listing.root, 'drawn.json'), 'utf8').catch((error: unknown) => {
      throw new FacetError('bad-input', 'The faces of this folder are not drawn yet.', { where: listing.root, hint: 'Add it with --format synthetic: a worker draws them first.', cause: error })
    })
    const rows = await readTable(listing.root, 'labels.csv', {
      columns: [
        'path',
        'subject',
        'age',
        'pain',
        ...Object.keys(CLASSES),
        ...Object.keys(ACTION_UNITS),
        ...ATTRIBUTES,
      ],
    })
    const { found, rejected } = locate(listing, rows)
    if (options.protocol === 'subjects')
      return leaveOneOut(listing, found, rejected, options.ageEdges, mark)
    const splits = splitPeople(found)
    const trained = [...splits].filter(([, split]) => split === 'train').map(([name]) => name).sort(byCodeUnit)
    const identities = new Map(trained.map((name, number) => [name, number]))
    const samples = found.map(({ file, row }): Sample => {
      const split = splits.get(row.subject!)!
      const identity = identities.get(row.subject!)
      return {
        path: file,
        labels: { ...labelsOf(row, options.ageEdges), ...identity !== undefined && { identity } },
        split,
        subject: row.subject!,
        unseen: split === 'test',
      }
    })
    const pairs = pairPeople(samples)
    const people = Map.groupBy(splits.values(), split => split)
    return {
      format: 'synthetic',
      samples,
      rejected,
      tasks: tasksOf(samples, options.ageEdges, pairs, trained),
      pairs,
      licence: this.licence,
      notes: [
        `Drawn with ${mark}.`,
        `Split by person: ${(['train', 'validation', 'test'] as const).map(split => `${people.get(split)?.length ?? 0} ${split}`).join(', ')}; pairs are of test people.`,
        'Drawn faces show that everything works; they prove nothing about a method.',
      ],
    }
  },
})

/** One person is left out in turn; every fifth is kept from combiner and student. What needs parts or pairs is no task then. */
function leaveOneOut({ root }: Listing, found: Row[], rejected: Rejected[], ageEdges: number[], mark: string): Scan {
  const subjects = [...new Set(found.map(({ row }) => row.subject!))].sort(byCodeUnit)
  const unseen = heldOutSubjects(subjects, undefined, root)
  const samples = found.map(({ file, row }): Sample => ({ path: file, labels: labelsOf(row, ageEdges), split: null, subject: row.subject!, unseen: unseen.has(row.subject!) }))
  return {
    format: 'synthetic',
    samples,
    rejected,
    tasks: Object.fromEntries(Object.entries(tasksOf(samples, ageEdges, [], [])).flatMap(([name, task]) => task.kind === 'classification' || task.kind === 'regression' ? [[name, { ...task, protocol: 'subjects' }]] : [])),
    pairs: [],
    licence: synthetic.licence,
    notes: [
      `Drawn with ${mark}.`,
      `One person is left out in turn. Held out of combiner and student: ${unseen.size} of ${subjects.length} people.`,
      'Drawn faces show that everything works; they prove nothing about a method.',
    ],
  }
}

interface Row { file: string, row: Record<string, string> }

function locate(listing: Listing, rows: Record<string, string>[]): { found: Row[], rejected: Rejected[] } {
  const known = new Set(listing.files)
  const named = new Set(rows.map(row => row.path))
  const rejected = [
    ...strangers(listing.files),
    ...listing.files.filter(file => isImage(file) && !named.has(file)).map(file => ({ path: file, reason: 'is not in labels.csv' })),
    ...rows.filter(row => !known.has(row.path!)).map(row => ({ path: row.path!, reason: 'is in labels.csv but not in the folder' })),
  ]
  return {
    found: rows.filter(row => known.has(row.path!)).map(row => ({ file: row.path!, row })),
    rejected,
  }
}

function labelsOf(row: Record<string, string>, ageEdges: number[]): Sample['labels'] {
  const classes = Object.entries(CLASSES).map(([label, names]) => [
    label,
    (names as readonly string[]).indexOf(row[label]!),
  ])
  const numbers = [
    'age',
    'pain',
    ...Object.keys(ACTION_UNITS),
    ...ATTRIBUTES,
  ].map(label => [
    label,
    Number(row[label]),
  ])
  return {
    ...Object.fromEntries([
      ...classes,
      ...numbers,
    ]),
    'age-class': ageClassOf(Number(row.age), ageEdges),
    'attributes': packAttributes(ATTRIBUTES.map(name => row[name] === '1')),
  }
}

/** `identities`: people of the training part. Pairs are of others, so that a network that learnt to tell them apart meets strangers (Vielzeuf et al. 2019, Table 3, LFW in parentheses). */
function tasksOf(samples: Sample[], ageEdges: number[], pairs: Pair[], identities: string[]): Record<string, Task> {
  const classification = (label: string, classes: readonly string[]): [string, Task] => [
    label,
    {
      kind: 'classification',
      label,
      classes: [...classes],
      protocol: 'split',
    },
  ]
  const regression = (label: string, unit: string, highest: number): [string, Task] => [
    label,
    {
      kind: 'regression',
      label,
      unit,
      range: [0, highest],
      protocol: 'split',
    },
  ]
  const verification: [string, Task][] = pairs.length > 0
    ? [
        [
          'verification',
          { kind: 'verification', protocol: 'pairs' },
        ],
      ]
    : []
  return {
    ...Object.fromEntries([
      ...verification,
      ...Object.entries(CLASSES).map(([label, classes]) => classification(label, classes)),
      regression('pain', 'PSPI', MOST_PAIN),
      ...Object.entries(ACTION_UNITS).map(([label, highest]) => regression(label, 'intensity', highest)),
      ...ATTRIBUTES.map(label => classification(label, ['no', 'yes'])),
      ...identities.length > 1 ? [classification('identity', identities)] : [],
    ]),
    attributes: { kind: 'attributes', label: 'attributes', attributes: [...ATTRIBUTES], protocol: 'split' },
    ...ageTasks(samples.map(({ labels }) => Number(labels.age)), ageEdges, 'split'),
  }
}

/** Nobody stands in two parts; with people enough each part gets the same share of each gender and ethnicity. */
function splitPeople(rows: Row[]): Map<string, Split> {
  const people = new Map(rows.map(({ row }) => [row.subject!, `${row.gender} ${row.ethnicity}`]))
  const isLarge = people.size >= 40
  return stratifiedSplit([...people].map(([name, stratum]) => ({
    name,
    stratum: isLarge
      ? stratum
      : '',
  })), { seed: 0, ...SHARES })
}

/** Pairs of the same and of different test people, as many of each; no person stands in two folds. */
function pairPeople(samples: Sample[]): Pair[] {
  const indexed = samples.map((sample, index) => ({ sample, index })).filter(({ sample }) => sample.split === 'test')
  const people = [
    ...Map.groupBy(indexed, ({ sample }) => sample.subject!),
  ].map(([name, images]) => ({
    name,
    images: images.map(({ index }) => index),
  })).sort((a, b) => hashFraction(a.name) - hashFraction(b.name) || byCodeUnit(a.name, b.name))
  const folds = Math.min(MOST_FOLDS, Math.floor(people.length / 2))
  if (folds < 2)
    return []
  return Array.from({ length: folds }, (_, i) => {
    const members = people.filter((_, at) => at % folds === i).map(({ images }) => images)
    const same = samePairs(members)
    const different = differentPairs(members, same.length, i)
    const count = Math.min(same.length, different.length)
    const toPair = (same: boolean) => ([a, b]: [number, number]): Pair => ({
      a,
      b,
      same,
      fold: i + 1,
      unseen: true,
    })
    return [
      ...same.slice(0, count).map(toPair(true)),
      ...different.slice(0, count).map(toPair(false)),
    ]
  }).flat()
}

/** Every person gives a pair in turn, neighbours in its list first. */
function samePairs(people: number[][]): [number, number][] {
  const pairs: [number, number][] = []
  const longest = Math.max(...people.map(images => images.length))
  for (let step = 1; step < longest; step++) {
    for (let at = 0; at + step < longest; at++) {
      for (const images of people) {
        if (at + step < images.length)
          pairs.push([images[at]!, images[at + step]!])
        if (pairs.length === PAIRS_IN_FOLD)
          return pairs
      }
    }
  }
  return pairs
}

function differentPairs(people: number[][], wanted: number, fold: number): [number, number][] {
  const pairs = new Map<string, [number, number]>()
  for (let attempt = 0; pairs.size < wanted && attempt < wanted * 40; attempt++) {
    const first = attempt % people.length
    const second = (first + 1 + Math.floor(attempt / people.length) % (people.length - 1)) % people.length
    const choose = (images: number[], side: string): number => images[Math.floor(hashFraction(`${fold}/${attempt}/${side}`) * images.length)]!
    const pair: [number, number] = [
      choose(people[first]!, 'a'),
      choose(people[second]!, 'b'),
    ]
    pairs.set(pair.toSorted((a, b) => a - b).join(' '), pair)
  }
  return [
    ...pairs.values(),
  ]
}
