import type { Bench, Work } from './bench.ts'

const one: Work = { batch: 16 }
const six: Work = { batch: 16, teachers: 'faceres dlib emotion face-expression age-gender centernet' }

/** Teachers over 16 faces in memory: one network alone, and the six of the real sample with their crops and sizes. Each takes them in batches it is quick with. */
export const embed: Bench = {
  name: 'embed',
  summary: 'teachers against eager tfjs and onnxruntime',
  cases: () => [
    {
      title: 'faceres, 16 faces',
      piece: 'face',
      pieces: 16,
      compare: 'speed',
      work: one,
      contenders: [
        { name: 'facet', kind: 'node', module: 'faceres-facet' },
        {
          name: 'tfjs, eager',
          kind: 'node',
          module: 'faceres-tfjs',
          target: 1.5,
        },
        {
          name: 'onnxruntime-node',
          kind: 'node',
          module: 'faceres-onnx',
          needs: 'onnx',
          target: 1.1,
        },
      ],
    },
    {
      title: 'six teachers, 16 faces',
      piece: 'face',
      pieces: 16,
      compare: 'speed',
      work: six,
      contenders: [
        { name: 'facet, one graph', kind: 'node', module: 'teachers-facet' },
        {
          name: 'tfjs and face-api, eager, in turn',
          kind: 'node',
          module: 'teachers-tfjs',
          target: 2,
        },
      ],
    },
  ],
}
