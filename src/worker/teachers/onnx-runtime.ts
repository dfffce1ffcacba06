import type { InferenceSession } from 'onnxruntime-node'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { FacetError } from '#shared/errors.ts'

type Runtime = typeof import('onnxruntime-node')

/** Errors alone: of a file from elsewhere onnxruntime warns much. */
const errorsOnly = 3

/** onnxruntime-node, which is loaded when the first ONNX teacher is asked. @throws FacetError where it is not installed */
export async function loadOnnxRuntime(load: () => Promise<Runtime> = () => import('onnxruntime-node')): Promise<Runtime> {
  try {
    return await load()
  }
  catch (cause) {
    throw new FacetError('not-found', 'ONNX models are run by the npm package onnxruntime-node, which does not load here.', { where: 'onnxruntime-node', hint: 'It is an optional dependency: run npm install, without --omit=optional, on a system that it has a library for.', cause })
  }
}

/**
 * Opens a model from its bytes: without a path there is no folder in which it could look for more. On the CPU, with as many threads as
 * the engine has.
 *
 * @throws FacetError with what onnxruntime says
 */
export async function openOnnxSession(bytes: Uint8Array, where: string, optimise = true): Promise<InferenceSession> {
  const { InferenceSession } = await loadOnnxRuntime()
  try {
    return await InferenceSession.create(bytes, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: optimise ? 'all' : 'disabled',
      intraOpNumThreads: Number(process.env.TF_NUM_INTRAOP_THREADS) || availableParallelism(),
      interOpNumThreads: 1,
      logSeverityLevel: errorsOnly,
    })
  }
  catch (cause) {
    throw new FacetError('bad-input', `onnxruntime refused the model: ${wordError(cause)}`, { where, hint: 'Look at it with onnx.checker.check_model, or export it again.', cause })
  }
}

/** What onnxruntime says, in one line. */
export function wordError(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause)
  return text.split('\n')[0]!.slice(0, 400)
}
