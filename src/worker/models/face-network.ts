import type { TensorData } from '#worker/stage.ts'
import type { StudentShape } from './student-network.ts'
import type { TransferModel } from './transfer-model.ts'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { FacetError } from '#shared/errors.ts'
import { pixelMethodWords } from '#shared/methods.ts'
import { loadStudent } from './student.ts'
import { loadTransfer } from './transfer-model.ts'

/** A network from pixels to numbers: a student, alone or with what was learnt on it. */
export interface FaceNetwork {
  shape: StudentShape
  /** Numbers of its embedding. */
  size: number
  /** Backbone and `embedding/...` as in student-network.ts. */
  tensors: Record<string, TensorData>
  /** The head and its input's standardisation; null for a student alone. */
  knowledge: TransferModel | null
}

const hint = `Name a distil run, or a transfer run of ${pixelMethodWords}.`

/** Says of a model's folder what kind it is. */
const AnyManifest = z.looseObject({
  format: z.string(),
})

/**
 * Opens a student's or a transfer's artefact as one network.
 *
 * @param model    artefact folder
 * @param student  folder of the student that a transfer with a frozen encoder stands on
 * @throws FacetError where the model does not start from pixels of its own (a teacher's or combiner's head)
 */
export function openFaceNetwork(model: string, student: string | null): FaceNetwork {
  const { format } = AnyManifest.parse(JSON.parse(readFileSync(path.join(model, 'manifest.json'), 'utf8')))
  switch (format) {
    case 'facet-student-1': return ofStudent(model, null)
    case 'facet-transfer-1': return ofTransfer(loadTransfer(model), model, student)
    default: throw new FacetError('bad-input', `This is a combiner (${format}): it fuses embeddings and sees no pixels.`, { where: model, hint })
  }
}

function ofStudent(folder: string, knowledge: TransferModel | null): FaceNetwork {
  const { manifest, tensors } = loadStudent(folder)
  return {
    shape: manifest,
    size: manifest.size,
    tensors: network(tensors),
    knowledge,
  }
}

function ofTransfer(knowledge: TransferModel, where: string, student: string | null): FaceNetwork {
  const { encoder } = knowledge.manifest
  switch (encoder.kind) {
    case 'teacher':
    case 'combiner':
      throw new FacetError('bad-input', `This head stands on ${encoder.kind === 'teacher'
        ? `the teacher "${encoder.name}"`
        : 'a combiner'}, not on a network of its own.`, { where, hint })
    case 'p-cnn':
      throw new FacetError('bad-input', `This network was the teacher "${encoder.teacher ?? ''}": it keeps that one's own framing and layers, which are not read back from here.`, { where, hint })
    case 'scratch':
      return {
        shape: encoder,
        size: knowledge.tensors['embedding/bias']!.data.length,
        tensors: network(knowledge.tensors),
        knowledge,
      }
    case 'student': {
      if (student === null)
        throw new FacetError('internal', 'internal: a head on a student came without the student', { where })
      const frozen = ofStudent(student, knowledge)
      return encoder.mode === 'frozen'
        ? frozen
        : {
            ...frozen,
            tensors: network(knowledge.tensors),
          }
    }
    default: return encoder satisfies never
  }
}

/** Backbone and embedding alone. */
function network(tensors: Record<string, TensorData>): Record<string, TensorData> {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !/^(?:decoder|head|input)\//.test(name)))
}
