import type { Bench, Case } from './bench.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Photographs to aligned faces. Ours also cuts them out, encodes and stores them; human only finds and meshes. */
export const prepare: Bench = {
  name: 'prepare',
  summary: 'finding and aligning faces against @vladmandic/human',
  cases: ({ photographs }) => {
    const chips = photographs && join(photographs, 'utkface')
    return [
      found('drawn photographs of 256x256', ''),
      ...chips && existsSync(chips)
        ? [found('UTKFace chips of 200x200', chips)]
        : [],
    ]
  },
}

function found(title: string, folder: string): Case {
  const count = 96
  return {
    title: `prepare, ${count} ${title}`,
    piece: 'photograph',
    pieces: count,
    compare: 'speed',
    work: { count, side: 256, folder },
    contenders: [
      { name: 'facet, detected, meshed, aligned, stored', kind: 'node', module: 'prepare-facet' },
      {
        name: 'human, detected and meshed',
        kind: 'node',
        module: 'prepare-human',
        target: 3,
      },
    ],
  }
}
