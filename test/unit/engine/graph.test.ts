import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { attr, GraphBuilder } from '#worker/engine/graph.ts'
import { backend, tf } from '#worker/engine/tf.ts'
import { filled } from './numbers.ts'

const float = {
  T: attr.type('float32'),
}

/** y = w * float(x), x any number of rows of two bytes. */
function scaling() {
  const builder = new GraphBuilder()
  const x = builder.placeholder('x', [-1, 2], 'uint8')
  const w = builder.variable('w', [2])
  const cast = builder.op('Cast', [x], {
    SrcT: attr.type('uint8'),
    DstT: attr.type('float32'),
    Truncate: attr.bool(false),
  })
  builder.op('Mul', [cast, w.value], float, 1, { name: 'y' })
  return builder.load()
}
function bytes(...data: number[]) {
  return {
    dtype: 'uint8' as const,
    shape: [data.length / 2, 2],
    data: Uint8Array.from(data),
  }
}
function weights(...data: number[]) {
  return {
    w: {
      dtype: 'float32' as const,
      shape: [2],
      data: Float32Array.from(data),
    },
  }
}

it('a graph takes bytes of any number of rows and multiplies them by its variable', () => {
  const session = scaling()
  session.write(weights(1, -2))
  expect(session.compute({
    x: bytes(0, 255, 3, 4),
  }, ['y'])).toEqual([
    {
      dtype: 'float32',
      shape: [2, 2],
      data: Float32Array.of(0, -510, 3, -8),
    },
  ])
  expect(session.compute({
    x: bytes(7, 1),
  }, ['y:0'])[0]!.data).toEqual(Float32Array.of(7, -2))
  expect(session.read()).toEqual(weights(1, -2))
  session.dispose()
})

it('run gives tensors that the caller frees; nothing else stays in TensorFlow', () => {
  const session = scaling()
  session.write(weights(1, 1))
  const before = backend.binding.getNumOfTensors()
  const [y] = session.run({
    x: bytes(1, 2),
  }, ['y'])
  expect(y!.arraySync()).toEqual([
    [1, 2],
  ])
  y!.dispose()
  session.compute({
    x: bytes(1, 2),
  }, ['y'])
  session.read()
  expect(() => session.compute({
    x: {
      ...bytes(1, 2),
      shape: [1, 1],
    },
  }, ['y'])).toThrow('Feed "x" takes [-1,2], the value given is [1,1]')
  expect(backend.binding.getNumOfTensors()).toBe(before)
  session.dispose()
})

it('a tfjs tensor can be fed and stays the caller\'s', () => {
  const builder = new GraphBuilder()
  const x = builder.placeholder('x', [2], 'float32')
  builder.op('Neg', [x], float, 1, { name: 'y' })
  const session = builder.load()
  const value = tf.tensor1d([1, 2])
  expect(session.compute({ x: value }, ['y'])[0]!.data).toEqual(Float32Array.of(-1, -2))
  expect(value.dataSync()).toEqual(Float32Array.of(1, 2))
  value.dispose()
  session.dispose()
})

it('a variable keeps its numbers when the array they came from changes', () => {
  const session = scaling()
  const values = weights(1, -2)
  session.write(values)
  values.w.data.fill(9)
  expect(session.read()).toEqual(weights(1, -2))
  session.dispose()
})

it('two graphs with variables of one name do not share them', () => {
  const [a, b] = [
    scaling(),
    scaling(),
  ]
  a.write(weights(1, 1))
  b.write(weights(2, 2))
  expect(a.read().w!.data).toEqual(Float32Array.of(1, 1))
  a.dispose()
  expect(b.read().w!.data).toEqual(Float32Array.of(2, 2))
  b.dispose()
})

it('an op that TensorFlow does not have is refused with its name and node', () => {
  const builder = new GraphBuilder()
  builder.op('Convolve9000', [
    builder.constant([1], [1], 'float32'),
  ], float, 1, { name: 'layer/odd' })
  expect(() => builder.load()).toThrow(expect.objectContaining({
    code: 'engine',
    message: expect.stringContaining('"Convolve9000"'),
    where: 'node layer/odd',
  }))
})

it('an op with a wrong input is refused with its node', () => {
  const builder = new GraphBuilder()
  builder.op('Neg', [], float, 1, { name: 'lonely' })
  expect(() => builder.load()).toThrow(/lonely/)
})

it('loading leaves no folder behind, disposing no graph', () => {
  const folders = () => readdirSync(tmpdir()).filter(name => name.startsWith('facet-graph-') && name.includes(`${process.pid}`))
  const graphs = backend.getNumOfSavedModels()
  const before = folders()
  const session = scaling()
  expect(backend.getNumOfSavedModels()).toBe(graphs + 1)
  session.dispose()
  session.dispose()
  expect(backend.getNumOfSavedModels()).toBe(graphs)
  expect(folders()).toEqual(before)
  expect(() => session.read()).toThrow('disposed')
})

it('what a graph does not have is said with what it has', () => {
  const session = scaling()
  expect(() => session.compute({
    z: bytes(1, 2),
  }, ['y'])).toThrow('no feed "z"; it has x')
  expect(() => session.compute({
    x: bytes(1, 2),
  }, ['yy'])).toThrow('no node "yy"')
  expect(() => session.read(['v'])).toThrow('no variable "v"; it has w')
  expect(() => session.write({
    w: filled([3], 1),
  })).toThrow('Variable "w" is float32 [2], the value given is float32 [3]')
  expect(() => session.compute({
    x: {
      dtype: 'uint8',
      shape: [1, 2],
      data: new Uint8Array(3),
    },
  }, ['y'])).toThrow('needs 2 numbers, 3 are given')
  session.dispose()
})

it('constants of every type and attributes of every kind arrive', () => {
  const builder = new GraphBuilder()
  const cast = (from: 'float16' | 'int64' | 'bool' | 'uint8', data: number[], name: string) =>
    builder.op('Cast', [
      builder.constant(data, [data.length], from),
    ], {
      SrcT: attr.type(from),
      DstT: attr.type('float32'),
    }, 1, { name })
  cast('float16', [0.5, -2], 'half')
  cast('int64', [-3], 'long')
  cast('bool', [1, 0], 'bool')
  cast('uint8', [200], 'byte')
  const filledTwo = builder.constant([3], [2], 'float32')
  builder.op('Neg', [filledTwo], float, 1, { name: 'filled' })
  const parts = builder.op('Split', [
    builder.constant([0], [], 'int32'),
    filledTwo,
  ], {
    num_split: attr.int(2),
    ...float,
  }, 2)
  builder.op('Neg', [
    builder.output(parts, 1),
  ], float, 1, { name: 'second' })
  expect(() => builder.output(parts, 2)).toThrow('2 outputs')
  const image = builder.constant([1, 2, 3, 4], [1, 2, 2, 1], 'float32')
  builder.op('MaxPool', [image], {
    ...float,
    ksize: attr.ints([1, 2, 2, 1]),
    strides: attr.ints([1, 2, 2, 1]),
    padding: attr.string('VALID'),
  }, 1, { name: 'pool' })
  builder.op('FakeQuantWithMinMaxArgs', [filledTwo], {
    min: attr.float(0),
    max: attr.float(2),
  }, 1, { name: 'clipped' })
  const session = builder.load()
  const values = session.compute({}, [
    'half',
    'long',
    'bool',
    'byte',
    'filled',
    'second',
    'pool',
    'clipped',
  ])
  expect(values.map(({ data }) => [...data])).toEqual([
    [0.5, -2],
    [-3],
    [1, 0],
    [200],
    [-3, -3],
    [-3],
    [4],
    [2, 2],
  ])
  session.dispose()
})

it('names that TensorFlow would refuse are changed, and feeds go by the new one', () => {
  const builder = new GraphBuilder()
  const x = builder.placeholder('a, b:c', [1], 'float32')
  const y = builder.op('Neg', [x], float, 1, { name: '_y' })
  const session = builder.load()
  expect(session.compute({
    [x.node]: filled([1], 2),
  }, [y.node])[0]!.data).toEqual(Float32Array.of(-2))
  session.dispose()
})
