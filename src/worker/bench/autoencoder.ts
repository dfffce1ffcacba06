import type { Bench } from './bench.ts'

/** A training step of the paper's autoencoder: 5488-3136-1792-1024-1792-3136-5488, 49 M parameters. */
export const autoencoder: Bench = {
  name: 'autoencoder',
  summary: 'a training step of the autoencoder against PyTorch and tfjs layers',
  cases: () => [
    {
      title: 'autoencoder step, 5488 to 1024 and back, batch 64',
      piece: 'step',
      compare: 'speed',
      work: { inputs: 5488, size: 1024, layers: 3, batch: 64 },
      contenders: [
        { name: 'facet', kind: 'node', module: 'autoencoder-facet' },
        {
          name: 'PyTorch eager, fused Adam',
          kind: 'python',
          script: 'autoencoder',
          needs: 'torch',
          work: { mode: 'eager' },
          target: 1.1,
        },
        {
          name: 'PyTorch compiled, fused Adam',
          kind: 'python',
          script: 'autoencoder',
          needs: 'torch',
          work: { mode: 'compile' },
        },
        { name: 'tfjs layers, eager', kind: 'node', module: 'autoencoder-tfjs' },
      ],
    },
  ],
}
