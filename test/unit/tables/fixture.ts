import type { CellSource, TableInput } from '#main/tables/input.ts'
import type { Evaluation } from '#shared/order.ts'
import type { TableMark } from '#shared/table.ts'

export function evaluation(value: number, scope: Evaluation['scope'] = 'test', metric: Evaluation['metric'] = 'accuracy'): Evaluation {
  return {
    scope,
    metric,
    value,
    count: scope === 'unseen' ? 180 : 358,
    standardError: 1.5,
    interval: [value - 3, value + 3],
  }
}

/** One finished run of a cell. */
export function source(knowledge: string, method: string, seed: number, key: string, evaluations: Evaluation[], marks: TableMark[] = []): CellSource {
  return {
    knowledge,
    method,
    seed,
    key,
    evaluations,
    marks,
  }
}

const splitTask = { protocol: 'split', folds: 'subject', classes: 2, source: null, labels: 1 } as const

/** A small study with one contaminated teacher, one knowledge whose images were seen in part, and one method that cannot be. */
export function studyInput(changes: Partial<TableInput> = {}): TableInput {
  return {
    study: 'sample',
    runCommand: 'npm run facet -- run sample.yaml',
    knowledge: [
      {
        name: 'Gender-UTK',
        data: 'utk',
        task: 'gender',
        kind: 'classification',
        unit: '',
        ...splitTask,
      },
      {
        name: 'AgeR-UTK',
        data: 'utk',
        task: 'age',
        kind: 'regression',
        unit: 'years',
        ...splitTask,
        classes: null,
      },
      {
        name: 'Identity-LFW',
        data: 'lfw',
        task: 'verification',
        kind: 'verification',
        unit: '',
        protocol: 'pairs',
        labels: 1,
        folds: 'subject',
        classes: null,
        source: null,
      },
    ],
    methods: [
      'teacher:dlib',
      'teacher:age-gender',
      'ae',
      'scratch',
    ],
    seeds: method => method === 'scratch'
      ? [0]
      : [0, 1, 2],
    sources: [
      ...[88, 90, 92].map((value, seed) => source('Gender-UTK', 'ae', seed, `ae${seed}`, [
        evaluation(value),
      ], ['contaminated'])),
      source('Gender-UTK', 'teacher:dlib', 0, 'd0', [
        evaluation(89.96),
      ]),
      source('Gender-UTK', 'teacher:dlib', 1, 'd1', [
        evaluation(90),
      ]),
      source('Gender-UTK', 'teacher:age-gender', 0, 'a0', [
        evaluation(85),
      ], ['contaminated']),
      source('AgeR-UTK', 'ae', 0, 'r0', [
        evaluation(6.92, 'test', 'mae'),
      ], ['contaminated']),
      source('AgeR-UTK', 'scratch', 0, 's0', [
        evaluation(11.5, 'test', 'mae'),
      ]),
      source('Identity-LFW', 'ae', 0, 'l0', [
        evaluation(92.4, 'all'),
        evaluation(90.4, 'unseen'),
      ], ['seen-unlabelled']),
      source('Identity-LFW', 'teacher:dlib', 0, 'l1', [
        evaluation(96.5, 'all'),
        evaluation(95.3, 'unseen'),
      ]),
    ],
    missing: [
      {
        knowledge: 'Identity-LFW',
        method: 'scratch',
        reason: 'identity training needs VGGFace2',
        command: null,
      },
    ],
    datasets: [
      {
        name: 'utk',
        format: 'utkface',
        licence: 'research only',

        aligned: false,
        counts: { splits: { train: 726, validation: 114, test: 358, none: 0 }, subjects: 0, unseen: 0, pairs: 0, folds: 0 },
        found: 1189,
        notFound: 9,
        key: 'p0',
      },
      {
        name: 'lfw',
        format: 'lfw',
        licence: 'research only',

        aligned: false,
        counts: { splits: { train: 0, validation: 0, test: 0, none: 1111 }, subjects: 800, unseen: 554, pairs: 600, folds: 10 },
        found: null,
        notFound: null,
        key: null,
      },
    ],
    teachers: [
      { name: 'dlib', knowledge: 'identity', contaminates: [], dimension: 128 },
      {
        name: 'age-gender',
        knowledge: 'age and gender',
        contaminates: ['utkface', 'fgnet'],
        dimension: 512,
      },
    ],
    reconstructions: [
      {
        method: 'ae',
        seed: 0,
        key: 'g0',
        values: { 'dlib': 0.5, 'age-gender': 0.7 },
      },
      {
        method: 'ae',
        seed: 1,
        key: 'g1',
        values: { 'dlib': 0.6, 'age-gender': 0.8 },
      },
      ...[0, 1].map(seed => ({
        method: 'pca',
        seed,
        key: 'same',
        values: { 'dlib': 0.55, 'age-gender': 0.65 },
      })),
    ],
    baselines: null,
    missingReconstructions: [],
    reconstructed: ['pca', 'ae'],
    combiners: [],
    target: 'ae',
    cells: [],
    runs: new Map(),
    groupings: [],
    groupFigures: [],
    smallestGroup: 10,
    networks: [],
    networkRuns: { combine: [], distil: [] },
    measureCommand: 'npm run facet -- table cost --measure',
    version: '0.1.0',
    time: '2026-11-24T12:00:00.000Z',
    ...changes,
  }
}
