import type { Bench } from './bench.ts'

/** A pass of the distil stage over 1,280 faces with its real loader: what loading adds to the native steps. */
export const epoch: Bench = {
  name: 'epoch',
  summary: 'an epoch of distillation with its loader against its native steps',
  cases: () => [
    {
      title: 'distil epoch of 40 steps, 96x96, batch 32, decoded and augmented in a thread',
      piece: 'epoch',
      compare: 'overhead',
      work: { side: 96, batch: 32, size: 1024, steps: 40, drawn: 128 },
      contenders: [
        { name: 'facet, whole epoch', kind: 'node', module: 'epoch-facet', work: { load: 1 } },
        {
          name: 'its native steps',
          kind: 'part',
          part: 'steps',
          target: 1.08,
        },
        {
          name: 'the same steps, nothing loaded',
          kind: 'node',
          module: 'epoch-facet',
          work: { load: 0 },
        },
      ],
    },
  ],
}
