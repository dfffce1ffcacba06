import type { Teacher } from '#shared/files/teacher.ts'
import type { WeightSource } from './tfjs-model.ts'
import { readOnnx } from './onnx-model.ts'
import { countOnnxParameters } from './onnx-nodes.ts'
import { readTfjsModel, readWeights } from './tfjs-model.ts'

/** Numbers in a teacher's weights file; null for a SavedModel, whose checkpoint is not read here. */
export function countParameters({ manifest, model }: Teacher): number | null {
  switch (manifest.format) {
    case 'tfjs-graph': return countWeights(readTfjsModel(model).weights)
    case 'face-api': return countWeights(readWeights(model))
    case 'saved-model': return null
    case 'onnx': return countOnnxParameters(readOnnx(model))
    default: return manifest.format satisfies never
  }
}

/** Numbers of all weights, small constants of the graph included. */
export function countWeights({ names, get }: WeightSource): number {
  return names.reduce((sum, name) => sum + get(name).data.length, 0)
}
