import type { BenchLine } from '#shared/bench.ts'
import type { Case, Contender, PeerPackage } from './bench.ts'
import type { Peers } from './peers.ts'
import type { Contestant } from './turns.ts'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { benchNames } from '#shared/bench.ts'
import { engineThreads } from '#shared/engine-environment.ts'
import { toProblem } from '#shared/errors.ts'
import { benches } from './benches.ts'
import { measure } from './measure.ts'
import { onnxModel, peersOf, pythonOf, scripts, setUpPeers } from './peers.ts'
import { startContestant } from './turns.ts'

/** The bench process: node index.ts SETTING. Writes a BenchLine a line. */
const Setting = z.strictObject({
  names: z.array(z.enum(benchNames)),
  peers: z.boolean(),
  rounds: z.int().positive(),
  threads: z.int().positive(),
  photographs: z.string().nullable(),
})

/** A turn of about this long keeps each core's clock and caches as steady work does, and turns close together. */
const turnMs = 1500

const setting = Setting.parse(JSON.parse(process.argv[2]!))
const peers = peersOf()
try {
  await main()
}
catch (error) {
  write({ kind: 'failed', problem: toProblem(error) })
  process.exitCode = 1
}

async function main(): Promise<void> {
  const load = loadavg()[0]!
  const chosen = setting.names.map(name => benches[name])
  const cases = chosen.flatMap(bench => bench.cases(setting).map(each => ({ bench: bench.name, each })))
  const needed = new Set(cases.flatMap(({ each }) => each.contenders.flatMap(contender => needOf(contender) ?? [])))
  if (setting.peers && needed.size > 0)
    await setUpPeers(peers, needed, note)
  const measured = []
  for (const { bench, each } of cases) {
    measured.push(await measure(bench, each, {
      rounds: setting.rounds,
      turnMs,
      start: startContender,
      note,
    }))
  }
  write({
    kind: 'report',
    report: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      threads: setting.threads,
      load,
      cases: measured,
    },
  })
}

function needOf(contender: Contender): PeerPackage | undefined {
  return 'needs' in contender
    ? contender.needs
    : undefined
}

function startContender(contender: Exclude<Contender, { kind: 'part' }>, work: Case['work']): Promise<Contestant> {
  if (contender.kind === 'python') {
    const { python, path } = pythonOf(peers, contender.needs)
    return startContestant([python, join(scripts, `${contender.script}.py`), JSON.stringify(work)], { ...environment(peers, setting.threads), PYTHONPATH: path })
  }
  const whole = contender.needs === 'onnx'
    ? { ...work, model: onnxModel(peers) }
    : work
  return startContestant([process.execPath, join(import.meta.dirname, 'child.ts'), join(import.meta.dirname, 'contenders', `${contender.module}.ts`), JSON.stringify(whole)], environment(peers, setting.threads))
}

/** The same number of threads for everybody, under each library's own name for it; ours as a run's worker has them. */
function environment({ folder }: Peers, threads: number): NodeJS.ProcessEnv {
  return {
    ...process.env,
    ...engineThreads(threads),
    TF_CPP_MIN_LOG_LEVEL: '2',
    FACET_BENCH_THREADS: String(threads),
    CUDA_VISIBLE_DEVICES: '',
    PYTHONDONTWRITEBYTECODE: '1',
    TORCHINDUCTOR_CACHE_DIR: join(folder, 'inductor'),
  }
}

function note(text: string): void {
  write({ kind: 'note', text })
}

function write(line: BenchLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`)
}
