import type { CostQuestion, NetworkCost } from '#shared/model-costs.ts'
import type { StudyDetail } from '#shared/study-detail.ts'
import type { Core } from '../core.ts'
import type { TeacherEntry } from '../teachers/registry.ts'
import type { RunRow } from '../workspace/runs.ts'
import { putNetworkCost, readNetworkCosts } from '../workspace/network-costs.ts'

/** A network of a study that costs something: where it can be measured, or why it cannot yet. */
export interface CostedNetwork { role: 'teacher' | 'combiner' | 'student', name: string, id: string | null, question: CostQuestion | null, problem: string | null }

/** The teachers, the combiner that the student learns, and the student: of these the first seed that is done. */
export function costedNetworks({ teachers, target, reconstructions }: StudyDetail, { runs, needs, known, modelPath }: { runs: readonly RunRow[], needs: ReadonlyMap<string, readonly string[]>, known: readonly TeacherEntry[], modelPath: (key: string) => string }): CostedNetwork[] {
  const done = new Map(runs.filter(({ state }) => state === 'done').map(run => [run.key, run]))
  const bySeed = (stage: string): RunRow[] => [...done.values()].filter(run => run.stage === stage).sort((a, b) => a.seed - b.seed)
  const isCombiner = (key: string): boolean => done.get(key)?.stage === 'combine'
  // a student of two stages builds on a combiner
  const student = bySeed('distil').find(({ key }) => needs.get(key)?.some(isCombiner))
  const combiner = student ? needs.get(student.key)!.find(isCombiner)! : reconstructions.find(({ method, key }) => method === target && isCombiner(key))?.key
  return [
    ...teachers.map(({ name, sha256 }): CostedNetwork => {
      const teacher = known.find(one => one.name === name)
      const problem = teacher === undefined ? `there is no teacher ${name} here any more` : teacher.sha256 === sha256 ? teacher.problem : `teacher ${name} has changed since the study was run`
      return { role: 'teacher', name, id: `teacher:${sha256}`, question: teacher && problem === null ? { kind: 'teacher', manifest: teacher.manifest } : null, problem }
    }),
    { role: 'combiner', name: target ?? 'combiner', ...ofRun('combiner', combiner, modelPath) },
    { role: 'student', name: 'student', ...ofRun('student', student?.key, modelPath) },
  ]
}

function ofRun(kind: 'combiner' | 'student', key: string | undefined, modelPath: (key: string) => string): Pick<CostedNetwork, 'id' | 'question' | 'problem'> {
  return key === undefined
    ? { id: null, question: null, problem: `no run of the ${kind} is done` }
    : { id: `run:${key}`, question: { kind, folder: modelPath(key) }, problem: null }
}

/** Measures what has not been measured yet, one network after the other. Returns how many were. */
export async function measureCosts({ workspace: { db }, inspector }: Pick<Core, 'workspace' | 'inspector'>, networks: readonly CostedNetwork[]): Promise<number> {
  const known = await readNetworkCosts(db, networks.flatMap(({ id }) => id ?? []))
  const missing = networks.filter(({ id, question }) => id !== null && question !== null && !known.has(id))
  for (const { id, question } of missing) {
    const cost: NetworkCost = await inspector.ask('networkCost', question!)
    await putNetworkCost(db, id!, cost, Date.now())
  }
  return missing.length
}
