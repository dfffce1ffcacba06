import type { TryStudy } from '#shared/try-views.ts'
import type { Core, HandlerPart } from '../core.ts'
import type { RunRow } from '../workspace/runs.ts'
import { FacetError } from '#shared/errors.ts'
import { prepare } from '#shared/stages/prepare.ts'
import { StudyDetail } from '#shared/study-detail.ts'
import { isHead, orderOf } from '../models/run-network.ts'
import { isSensitive } from '../tables/notices.ts'
import { listTeachers } from '../teachers/registry.ts'
import { listRuns } from '../workspace/runs.ts'
import { listStudies, requireStudy } from '../workspace/studies.ts'
import { choosePredictors, noPredictor } from './models.ts'

/** What the screen "try" asks. */
export const tryHandlers = (core => ({
  'try.studies': async () => {
    const studies: TryStudy[] = []
    for (const { name } of await listStudies(core.workspace.db)) {
      const known = await networksOf(core, name)
      if (known.knowledge.length > 0 || known.heads.length > 0) {
        studies.push({
          study: name,
          student: known.student,
          knowledge: [...new Set([...known.knowledge, ...known.heads].map(one => one.name))],
          teachers: [...new Set(known.heads.map(({ teacher }) => teacher))],
        })
      }
    }
    return studies
  },
  'try.predict': async ({ study, photograph, wholeImage }) => {
    const { size, minDetection, minMesh, knowledge, heads, missing, notices } = await networksOf(core, study)
    if (knowledge.length === 0 && heads.length === 0)
      throw new FacetError('not-found', `Study "${study}" has no finished network that predicts.`, { hint: 'Name student or teacher:* among its methods and run it.' })
    const wanted = new Set(heads.map(({ teacher }) => teacher))
    const teachers = (await listTeachers(core.workspace.paths.teachers)).filter(({ name, problem }) => wanted.has(name) && problem === null)
    const result = await core.inspector.ask('tryPhotograph', {
      size,
      minDetection,
      minMesh,
      knowledge,
      photograph,
      wholeImage,
      teachers: teachers.map(({ name, manifest, sha256 }) => ({ name, manifest, sha256 })),
      heads: heads.filter(({ teacher }) => teachers.some(({ name }) => name === teacher)).map(({ name, ...head }) => ({ knowledge: name, ...head })),
    })
    return {
      ...result,
      study,
      missing,
      notices,
      sensitive: [...knowledge, ...heads].filter(isSensitive).map(({ name }) => name).filter((name, i, all) => all.indexOf(name) === i),
    }
  },
})) satisfies HandlerPart

type Chosen = Awaited<ReturnType<typeof choosePredictors>>
interface Networks extends Pick<Chosen['request'], 'size' | 'minDetection' | 'minMesh' | 'knowledge'>, Pick<Chosen, 'missing' | 'notices'> {
  student: string | null
  heads: { name: string, task: string, teacher: string, model: string }[]
}

/** All that a study has for a photograph: networks on pixels, and heads on single teachers. */
async function networksOf(core: Core, study: string): Promise<Networks> {
  const { db } = core.workspace
  const detail = StudyDetail.parse(JSON.parse((await requireStudy(db, study)).detail))
  const done = new Map((await listRuns(db, { study, states: ['done'] })).map(run => [run.key, run]))
  const config = prepare.config.parse(detail.recipe.stages.prepare)
  const pixels = await choosePredictors(core, study, '').catch((error: unknown) => {
    if (error instanceof FacetError && error.code === 'not-found')
      return null
    throw error
  })
  const student = pixels?.request.knowledge[0]
  return {
    size: config.size,
    minDetection: config.minDetection,
    minMesh: config.minMesh,
    knowledge: pixels?.request.knowledge ?? [],
    missing: pixels?.missing ?? detail.recipe.knowledge.map(({ name }) => ({ knowledge: name, reason: noPredictor })),
    notices: pixels?.notices ?? [],
    student: student
      ? [...done.values()].find(run => orderOf(run).artefact === student.model)?.label ?? 'student'
      : null,
    heads: headsOf(detail, done),
  }
}

/** Per knowledge and teacher the finished head of the first seed. */
function headsOf({ recipe, cells }: StudyDetail, done: Map<string, RunRow>): Networks['heads'] {
  return recipe.knowledge.flatMap(({ name, task }) => recipe.teachers.flatMap((teacher) => {
    const run = cells.filter(cell => cell.knowledge === name && cell.method === `teacher:${teacher}`)
      .sort((a, b) => a.seed - b.seed)
      .map(cell => done.get(cell.key ?? ''))
      .find(row => row !== undefined && isHead(row))
    return run
      ? [{ name, task, teacher, model: orderOf(run).artefact }]
      : []
  }))
}
