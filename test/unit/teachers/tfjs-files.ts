import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

interface WeightSpec { name: string, shape: number[], dtype: string, quantization?: object, bytes: Uint8Array }
interface Node { name: string, op: string, input?: string[], attr?: object }

export function bytesOf(array: Float32Array | Int32Array | Uint16Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

/** Writes a TFJS graph model of a few nodes; returns the path of its model.json. */
export function writeModel(folder: string, nodes: Node[], weights: WeightSpec[]): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'weights.bin'), Buffer.concat(weights.map(({ bytes }) => bytes)))
  const path = join(folder, 'model.json')
  writeFileSync(path, JSON.stringify({
    format: 'graph-model',
    modelTopology: {
      node: [
        ...nodes,
        ...weights.map(({ name }) => ({ name, op: 'Const' })),
      ],
    },
    weightsManifest: [
      {
        paths: ['weights.bin'],
        weights: weights.map(({ bytes: _, ...spec }) => spec),
      },
    ],
  }))
  return path
}

/** A placeholder of the given sides. */
export function placeholder(name: string, shape: number[]): Node {
  return {
    name,
    op: 'Placeholder',
    attr: {
      dtype: { type: 'DT_FLOAT' },
      shape: {
        shape: {
          dim: shape.map(size => ({
            size: String(size),
          })),
        },
      },
    },
  }
}

/** Attributes of a float op. */
export const float = {
  T: { type: 'DT_FLOAT' },
}
export const base64 = (text: string): string => Buffer.from(text).toString('base64')
