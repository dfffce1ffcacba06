import type { Bench } from './bench.ts'
import { ownFolder } from './folder.ts'

/** The paper's student as it is exported: the same graph in our own engine and as ONNX in others, whose outputs are compared first. */
export const exported: Bench = {
  name: 'export',
  summary: 'an exported student in onnxruntime, its outputs within 1e-4 of ours',
  cases: () => [
    {
      title: 'exported student, 96x96, 32 faces',
      piece: 'face',
      pieces: 32,
      compare: 'speed',
      work: { side: 96, batch: 32, size: 1024, width: 27, folder: ownFolder() },
      contenders: [
        { name: 'facet', kind: 'node', module: 'exported-facet' },
        { name: 'onnxruntime-node', kind: 'node', module: 'exported-onnx' },
        { name: 'onnxruntime for Python', kind: 'python', script: 'exported', needs: 'onnxruntime' },
      ],
    },
  ],
}
