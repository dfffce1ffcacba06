import type { Result } from '#shared/contract.ts'
import type { PredictRequest } from '#shared/predict.ts'
import type { Core, HandlerPart } from '../core.ts'
import { existsSync } from 'node:fs'
import { FacetError } from '#shared/errors.ts'
import { pixelMethods, pixelMethodWords } from '#shared/methods.ts'
import { prepare } from '#shared/stages/prepare.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { isHead, orderOf } from '../models/run-network.ts'
import { noticesOf } from '../tables/notices.ts'
import { listRuns } from '../workspace/runs.ts'
import { requireStudy } from '../workspace/studies.ts'

/** Why a knowledge has no network that answers from pixels. */
export const noPredictor = `no finished run of ${pixelMethodWords}`

export const modelHandlers = (core => ({
  predict: async ({ image, study }) => {
    if (!existsSync(image))
      throw new FacetError('not-found', 'There is no such photograph.', { where: image })
    const { request, missing, notices } = await choosePredictors(core, study, image)
    return {
      study,
      missing,
      notices,
      ...await core.inspector.ask('predict', request),
    }
  },
})) satisfies HandlerPart

/** For each knowledge the finished network to ask, or why there is none. */
export async function choosePredictors({ workspace: { db } }: Core, study: string, image: string): Promise<{ request: PredictRequest, missing: Result<'predict'>['missing'], notices: string[] }> {
  const detail = StudyDetail.parse(JSON.parse((await requireStudy(db, study)).detail))
  const done = new Map((await listRuns(db, {
    study,
    states: ['done'],
  })).map(run => [run.key, run]))
  const { size, minDetection, minMesh } = prepare.config.parse(detail.recipe.stages.prepare)
  const knowledge: PredictRequest['knowledge'] = []
  const missing: Result<'predict'>['missing'] = []
  for (const { name, task } of detail.recipe.knowledge) {
    const cells = detail.cells.filter(cell => cell.knowledge === name).toSorted((a, b) => pixelMethods.indexOf(a.method) - pixelMethods.indexOf(b.method) || a.seed - b.seed)
    const run = cells.filter(cell => pixelMethods.includes(cell.method) && cell.key !== null).map(cell => done.get(cell.key!)).find(row => row !== undefined && isHead(row))
    if (!run) {
      missing.push({
        knowledge: name,
        reason: task === 'verification'
          ? 'verification compares two photographs'
          : noPredictor,
      })
      continue
    }
    const { artefact, student } = orderOf(run)
    const isFrozen = (JSON.parse(run.config) as { encoder: { mode?: string } }).encoder.mode === 'frozen'
    knowledge.push({
      name,
      task,
      model: artefact,
      student,
      encoder: isFrozen ? student! : artefact,
    })
  }
  if (knowledge.length === 0)
    throw new FacetError('not-found', `Study "${study}" has no finished network that predicts from pixels.`, { hint: 'Name student among its methods and run it.' })
  return {
    missing,
    notices: noticesOf({
      knowledge: detail.recipe.knowledge.filter(({ name }) => knowledge.some(one => one.name === name)),
      datasets: [],
      teachers: [],
    }),
    request: {
      image,
      size,
      minDetection,
      minMesh,
      knowledge,
    },
  }
}
