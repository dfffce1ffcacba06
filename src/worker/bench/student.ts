import type { Bench, Case, Contender, Work } from './bench.ts'

/** A training step of the student: ResNet-18 of width 27 with 1,024 outputs, Adam, 1 - cos. */
export const student: Bench = {
  name: 'student',
  summary: 'a training step of the student against PyTorch and tfjs layers',
  cases: () => [
    step(96, 32, 1.2),
    step(300, 16, 1.35),
  ],
}

function step(side: number, batch: number, target: number): Case {
  return {
    title: `student step, ${side}x${side}, batch ${batch}`,
    piece: 'step',
    compare: 'speed',
    work: { side, batch, size: 1024, width: 27 },
    contenders: [
      { name: 'facet', kind: 'node', module: 'student-facet' },
      pytorch('PyTorch eager', { mode: 'eager', layout: 'first' }, target),
      pytorch('PyTorch eager, channels last', { mode: 'eager', layout: 'last' }, 1),
      pytorch('PyTorch compiled', { mode: 'compile', layout: 'last' }, 1),
      {
        name: 'tfjs layers, eager',
        kind: 'node',
        module: 'student-tfjs',
        target: 3.5,
      },
    ],
  }
}

function pytorch(name: string, work: Work, target: number): Contender {
  return {
    name,
    kind: 'python',
    script: 'student',
    needs: 'torch',
    work,
    target,
  }
}
