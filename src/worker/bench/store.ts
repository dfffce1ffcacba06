import type { Bench, Case } from './bench.ts'

/** Faces x numbers of the real sample's six teachers: 75 MB. */
const work = { faces: 8192, teachers: 'faceres:1024 dlib:128 emotion:256 face-expression:256 age-gender:512 centernet:120' }
const megabytes = work.faces * 2296 * 4 / 1e6

/** The embeddings pack against the plain way to keep them in SQLite: a row for each face and teacher. */
export const store: Bench = {
  name: 'store',
  summary: 'the embeddings pack against plain rows in SQLite',
  cases: () => [
    stored('embeddings, write and seal 75 MB', 'write'),
    stored('embeddings, read all 75 MB', 'read'),
  ],
}

function stored(title: string, way: 'write' | 'read'): Case {
  return {
    title,
    piece: 'pass',
    compare: 'speed',
    megabytes,
    work: { ...work, way },
    contenders: [
      { name: 'facet, chunks of 512 faces', kind: 'node', module: 'store-facet' },
      { name: 'better-sqlite3, plain rows', kind: 'node', module: 'store-sqlite' },
    ],
  }
}
