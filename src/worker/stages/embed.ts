import type { z } from 'zod'
import type { Teacher } from '#shared/files/teacher.ts'
import type { StageContext } from '../stage.ts'
import { FacetError } from '#shared/errors.ts'
import { createEmbeddings } from '#shared/files/embeddings.ts'
import { openFaces } from '#shared/files/faces.ts'
import { readTeacher } from '#shared/files/teacher.ts'
import { embed } from '#shared/stages/embed.ts'
import { createLoader } from '../faces/loader.ts'
import { Leaving, runOf } from '../stage.ts'
import { buildTeachers, facesAtOnce, faceSize } from '../teachers/teacher-graph.ts'

type Context = StageContext<z.output<typeof embed.config>>

/** The teachers in the order of concatenation, and the very files that the run's key was made of. */
function readTeachers({ order, config }: Context): Teacher[] {
  return config.teachers.map(({ name, sha256 }) => {
    const ordered = order.teachers.find(teacher => teacher.name === name)
    if (!ordered)
      throw new FacetError('internal', `internal: the order does not say where teacher "${name}" is.`)
    const teacher = readTeacher(ordered.manifest)
    if (teacher.sha256 !== sha256)
      throw new FacetError('conflict', `teacher "${name}" has changed since this run was planned.`, { where: ordered.manifest, hint: 'Run the study again: it plans with the teacher as it is now.' })
    return teacher
  })
}

/** Found faces of the pack, ascending. */
function foundFaces(pack: string): Int32Array {
  const faces = openFaces(pack)
  try {
    return faces.indexes
  }
  finally {
    faces.close()
  }
}

/** Embed: every found face of a data set through all teachers at once. Vielzeuf et al. 2019, Section 3.1, Table 1. */
export const run = runOf(embed, async (context) => {
  const { order, config, artefact, report, checkpoint } = context
  const pack = order.sources[0]?.faces
  if (!pack)
    throw new FacetError('internal', 'internal: the order to embed names no faces.')
  const indexes = foundFaces(pack)
  const teachers = buildTeachers(readTeachers(context))
  const writer = createEmbeddings(artefact, { teachers: teachers.columns, size: indexes.length })
  // The pack itself says how far it is; the checkpoint keeps the worker from clearing it away.
  await checkpoint.save({ step: writer.stored, tensors: {}, state: null })
  if (writer.stored > 0)
    report.log(`${writer.stored} of ${indexes.length} faces are done from an earlier attempt.`)
  const loader = createLoader({
    faces: [
      { pack, indexes },
    ],
    size: faceSize,
    batch: facesAtOnce,
    threads: 1,
    cacheBytes: 0,
  })
  let sealed = false
  try {
    const first = writer.stored
    let done = first
    let computeMs = 0
    for await (const { data, rows } of loader.sequential(done)) {
      const startMs = performance.now()
      writer.append(indexes.subarray(done, done + rows.length), await teachers.run(data, rows.length))
      computeMs += performance.now() - startMs
      done += rows.length
      report.progress(done, indexes.length, 'faces')
      if (context.isLeaving())
        throw new Leaving()
    }
    writer.seal({ teachers: config.teachers })
    sealed = true
    return {
      summary: {
        faces: indexes.length,
        teachers: teachers.columns.length,
        dimension: teachers.columns.reduce((sum, { dimension }) => sum + dimension, 0),
        msPerFace: done > first
          ? computeMs / (done - first)
          : 0,
      },
      evaluations: [],
    }
  }
  finally {
    if (!sealed)
      writer.close()
    await loader.close()
    teachers.dispose()
  }
})
