import type { Bench, Contender, Work } from './bench.ts'

/** Six teachers with 2,000 units in all, 63 subsets of them; hidden 256, batch 64. */
const work: Work = { teachers: '1024 128 256 256 216 120', hidden: 256, classes: 5, batch: 64, faces: 720, validation: 114 }

/** Heads on all subsets of six teachers: one step of all, and a whole selection in which each stops early by itself. */
export const select: Bench = {
  name: 'select',
  summary: 'heads on all subsets of six teachers against PyTorch heads one after the other',
  cases: () => [
    {
      title: 'selection step, 63 heads, hidden 256, batch 64',
      piece: 'step',
      compare: 'speed',
      work: { ...work, epochs: 0 },
      contenders: [
        { name: 'facet', kind: 'node', module: 'select-facet' },
        pytorch('PyTorch, one head after the other', 'loop', 1),
      ],
    },
    {
      title: 'whole selection, 63 heads that stop early',
      piece: 'selection',
      compare: 'speed',
      work: { ...work, epochs: 5 },
      contenders: [
        { name: 'facet', kind: 'node', module: 'select-facet' },
        pytorch('PyTorch, all heads until the last has stopped', 'together', 1.3),
        pytorch('PyTorch, each head until it has stopped', 'loop'),
      ],
    },
  ],
}

function pytorch(name: string, mode: string, target?: number): Contender {
  return { name, kind: 'python', script: 'select_heads', needs: 'torch', work: { mode }, target }
}
