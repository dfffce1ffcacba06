import type { Sample, Task } from '#shared/dataset.ts'
import type { Order, OrderSource } from '#shared/order.ts'
import type { Checkpoint, StageContext } from '#worker/stage.ts'
import { createHash } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packAttributes } from '#shared/attributes.ts'
import { writeDataset } from '#shared/files/dataset-pack.ts'
import { createEmbeddings } from '#shared/files/embeddings.ts'
import { createFaces } from '#shared/files/faces.ts'
import { seededRandom } from '#shared/seeded-random.ts'

export const teachers = [
  { name: 'wide', dimension: 24 },
  { name: 'narrow', dimension: 12 },
]
const side = 32
const tasks: Record<string, Task> = {
  kind: {
    kind: 'classification',
    label: 'kind',
    classes: ['red', 'green', 'blue'],
    protocol: 'split',
  },
  age: {
    kind: 'regression',
    label: 'age',
    unit: 'years',
    range: [0, 100],
    protocol: 'subjects',
  },
  looks: { kind: 'attributes', label: 'looks', attributes: ['red', 'green', 'old'], protocol: 'split' },
  person: { kind: 'classification', label: 'person', classes: Array.from({ length: 12 }, (_, i) => `person-${i}`), protocol: 'split' },
  verification: { kind: 'verification', protocol: 'pairs' },
}

/**
 * A data set of people with three separable kinds, an age, and a person's own direction, as sealed packs in a new folder.
 * Every 20th sample has no face; unit 5 of teacher `wide` never moves.
 */
export function makeSource({ samples: count = 180, people = 12, seed = 1, name = 'made', who = 'person' } = {}): OrderSource {
  const folder = mkdtempSync(join(tmpdir(), 'facet-stage-'))
  const random = seededRandom(seed)
  const ages = Array.from({ length: count }, () => Math.round(random.next() * 80))
  const samples = Array.from({ length: count }, (_, i): Sample => ({
    path: `${String(i).padStart(4, '0')}.png`,
    labels: {
      kind: i % 3,
      age: ages[i]!,
      // every seventh face has one attribute that nobody said
      looks: packAttributes([i % 7 === 6 ? null : i % 3 === 0, i % 3 === 1, ages[i]! > 40]),
      person: i % people,
    },
    split: i % 10 < 6
      ? 'train'
      : i % 10 < 8
        ? 'validation'
        : 'test',
    subject: `${who}-${i % people}`,
    unseen: i % people === 0,
  }))
  const hashes = samples.map(({ path }) => createHash('sha256').update(`${name}/${path}`).digest('hex'))
  const isFound = (i: number): boolean => i % 20 !== 19
  const found = samples.flatMap((_, i) => isFound(i)
    ? [i]
    : [])
  const files = {
    dataset: join(folder, 'dataset.sqlite'),
    faces: join(folder, 'faces.sqlite'),
    embeddings: join(folder, 'embeddings.sqlite'),
  }
  writeDataset(files.dataset, {
    meta: {
      format: 'made',
      root: folder,
      fingerprint: '0'.repeat(64),
      tasks,
      aligned: false,
      licence: 'none',
      notes: [],
    },
    samples: samples.map((sample, i) => ({ ...sample, bytes: 1, sha256: hashes[i]! })),
    rejected: [],
    pairs: Array.from({ length: 60 }, (_, i) => {
      const same = i % 2 === 0
      const a = i
      return {
        a,
        b: same
          ? a + people
          : a + 1,
        same,
        fold: 1 + i % 10,
        unseen: i % 10 < 5,
      }
    }),
  })
  writeEmbeddings(files.embeddings, samples, found, random, people)
  writeFaces(files.faces, samples, isFound, random)
  return {
    name,
    root: folder,
    ...files,
    unlabelled: true,
  }
}

function writeEmbeddings(file: string, samples: Sample[], found: number[], random: ReturnType<typeof seededRandom>, people: number): void {
  const directions = Array.from({ length: people }, () => Array.from({ length: 12 }, () => random.normal() * 2))
  const pack = createEmbeddings(file, { teachers, size: found.length })
  const rows: Record<string, Float32Array> = {
    wide: new Float32Array(found.length * 24),
    narrow: new Float32Array(found.length * 12),
  }
  found.forEach((index, row) => {
    const { kind, age } = samples[index]!.labels as { kind: number, age: number }
    const latent = Array.from({ length: 4 }, () => random.normal())
    for (let unit = 0; unit < 24; unit++) {
      rows.wide![row * 24 + unit] = unit === 5
        ? 0
        : (unit % 3 === kind
            ? 3
            : 0) + latent[unit % 4]! + 0.3 * random.normal()
    }
    for (let unit = 0; unit < 12; unit++)
      rows.narrow![row * 12 + unit] = 10 * (directions[index % people]![unit]! + age / 20 * (unit % 2) + 0.2 * random.normal())
  })
  pack.append(Int32Array.from(found), rows)
  pack.seal({})
}

function writeFaces(file: string, samples: Sample[], isFound: (i: number) => boolean, random: ReturnType<typeof seededRandom>): void {
  const pack = createFaces(file, {
    size: side,
    encoding: 'raw',
    aligned: true,
    count: samples.length,
  })
  pack.add(samples.map(({ labels }, index) => ({
    index,
    status: isFound(index)
      ? 'found' as const
      : 'not-found' as const,
    reason: isFound(index)
      ? null
      : 'no face',
    box: null,
    landmarks: null,
    score: 1,
    meshScore: 1,
    faces: 1,
    image: isFound(index)
      ? Buffer.from(Uint8Array.from({ length: side * side * 3 }, (_, i) => Math.floor((i % 3 === labels.kind
          ? 150
          : 60) + Number(labels.age) / 2 + 30 * random.next())))
      : null,
  })))
  pack.seal()
}

/** What a run reported and left, with a checkpoint kept in memory as JSON and copies, as a file would. */
export interface TestContext<Config> extends StageContext<Config> {
  metrics: { step: number, values: Record<string, number> }[]
  saved: () => Checkpoint | null
}

/** A context of a run; `leaveAfter` asks to leave at that call of isLeaving. */
export function makeContext<Config>(config: Config, order: Partial<Order>, { seed = 0, leaveAfter = Number.POSITIVE_INFINITY, checkpoint = null as Checkpoint | null } = {}): TestContext<Config> {
  let saved = checkpoint
  let asked = 0
  const metrics: TestContext<Config>['metrics'] = []
  return {
    config,
    seed,
    order: {
      key: '0'.repeat(64),
      stage: 'combine',
      version: 1,
      config,
      seed,
      runDir: '',
      artefact: '',
      threads: 1,
      sources: [],
      teachers: teachers.map(({ name }) => ({ name, manifest: '', sha256: '' })),
      combiner: null,
      student: null,
      ...order,
    },
    artefact: mkdtempSync(join(tmpdir(), 'facet-artefact-')),
    report: {
      metrics: (step, values) => metrics.push({ step, values }),
      progress: () => {},
      log: () => {},
    },
    isLeaving: () => asked++ >= leaveAfter,
    checkpoint: {
      load: async () => saved && structuredClone(saved),
      save: async (given) => {
        saved = {
          ...structuredClone(given),
          state: JSON.parse(JSON.stringify(given.state)) as unknown,
        }
      },
    },
    metrics,
    saved: () => saved,
  }
}
