import type { z } from 'zod'
import type { RunResult } from '#shared/order.ts'
import type { AfterConfig, transfer } from '#shared/stages/transfer.ts'
import type { StageContext, TensorData } from '#worker/stage.ts'
import type { Features } from './frozen-features.ts'
import type { IdentityTraining } from './identity-training.ts'
import type { Knowledge } from './knowledge.ts'
import type { TrainedEncoder } from './transfer-pixels.ts'
import { FacetError } from '#shared/errors.ts'
import { trainsPixels } from '#shared/stages/transfer.ts'
import { Phases } from '../training/phases.ts'
import { frozenFeatures } from './frozen-features.ts'
import { planIdentities, testedOf } from './identity-training.ts'
import { readKnowledge } from './knowledge.ts'
import { frozenTrainer } from './transfer-frozen.ts'
import { networkFeatures, openTrainedEncoder, pixelTrainer } from './transfer-pixels.ts'
import { answerPairs, pairedFaces } from './verification.ts'

type Context = StageContext<z.output<typeof transfer.config>>

/**
 * Verification after identity training: a network learns to tell people of another data set apart, then the embeddings that it gives of
 * the pairs' faces are compared by cosine (Vielzeuf et al. 2019, Table 3, LFW in parentheses). Of a frozen teacher only the head learns:
 * that run tells how well it transfers, for the choice of a P-CNN.
 */
export async function verifyAfter(context: Context, { task, faces }: z.output<typeof AfterConfig>): Promise<RunResult> {
  const { config, order: { sources: [source, learnt] }, seed, artefact, report } = context
  if (!source || !learnt)
    throw new FacetError('internal', 'internal: verification after identity training came without a data set of each')
  const verification = readKnowledge(source, config.task)
  const identities = planIdentities(readKnowledge(learnt, task), testedOf(verification.samples, verification.pairs, verification.hashes), { faces, seed })
  if (identities.leftOut > 0)
    report.log(`${identities.leftOut} people whom the pairs show are left out of the identity training`, 'warning')
  const trained = trainsPixels(config.encoder)
    ? openTrainedEncoder(context)
    : null
  const { tensors, validation, steps } = await learnIdentities(context, { ...verification, source: learnt }, identities, trained)
  const indexes = pairedFaces(source, verification.pairs, verification.found)
  const features: Pick<Features, 'data' | 'width'> = trained
    ? { data: await networkFeatures(context, source, indexes, trained.network, tensors), width: trained.network.width }
    : await frozenFeatures(context, source, indexes)
  const { summary, evaluations } = answerPairs(artefact, verification.samples, verification.pairs, indexes, features)
  return {
    summary: {
      ...summary,
      ...trained?.teacher && { teacher: trained.teacher.name, teachersTried: trained.teacher.tried },
      identityFaces: identities.fold.train.length,
      identities: new Set(Array.from(identities.fold.train, position => identities.samples[position]!.label)).size,
      identitiesLeftOut: identities.leftOut,
      validation,
      steps,
    },
    evaluations,
  }
}

async function learnIdentities(context: Context, { source }: Pick<Knowledge, 'source'>, { task, samples, fold }: IdentityTraining, trained: TrainedEncoder | null): Promise<{ tensors: Record<string, TensorData>, validation: number, steps: number }> {
  const phases = await Phases.open(context)
  const trainer = trained
    ? pixelTrainer(context, source, task, samples, trained.network)
    : frozenTrainer(context, task, samples, await frozenFeatures(context, source, Int32Array.from(samples, ({ index }) => index)))
  try {
    const { tensors, state } = await phases.run(fold.name, async (phase) => {
      const { tensors, trained: { bestScore, steps } } = await trainer.run(phase, fold, 0, (done, total) => context.report.progress(done, total, 'steps'))
      return { tensors, state: { validation: bestScore, steps } }
    })
    const { validation, steps } = state as { validation: number, steps: number }
    return { tensors, validation, steps }
  }
  finally {
    await trainer.close()
  }
}
