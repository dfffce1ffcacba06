import type { BenchFigure } from '#main/bench-figure.ts'
import type { BenchCase, BenchName, BenchReport, BenchResult } from '#shared/bench.ts'
import type { RegisterCommand } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { join, resolve } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { Argument } from 'commander'
import { compileCache, nodeBinary, packageRoot } from '#main/node-binary.ts'
import { BenchLine, benchNames } from '#shared/bench.ts'
import { FacetError } from '#shared/errors.ts'
import { Problem } from '#shared/problem-schema.ts'
import { list } from '../terminal.ts'
import { wholeNumber } from '../whole-number.ts'
import { wordBytes, wordNumber } from '../words.ts'

interface Options { peers: boolean, rounds: number, threads: number, runs: number, points: number, faces: number, rows: number, hours: number, images: number }

/** Run only where they are named: the one needs the built page and a browser, the other minutes and gigabytes. */
const ownBenches = ['app', 'load'] as const
type OwnBench = typeof ownBenches[number]

/** bench: our own stages against other libraries doing the same work, in turn, in this very run. */
export const bench: RegisterCommand = (program, act) => program
  .command('bench')
  .addArgument(new Argument('[names...]', 'which; all but app and load where none is named: app measures the app on a workspace with many runs, load what host and server bear (some 20 minutes, 8 GB of disk)').choices([...benchNames, ...ownBenches]))
  .description('speed and memory against PyTorch, tfjs, onnxruntime and others, the same work in turn; ratios hold on any machine')
  .option('--peers', 'first install the peers that are missing, in the user\'s cache: PyTorch (0.6 GB) and onnxruntime from PyPI', false)
  .option('--rounds <n>', 'turns of each contender', wholeNumber(1), 7)
  .option('--threads <n>', 'threads of each contender', wholeNumber(1), availableParallelism())
  .option('--runs <n>', 'app, load: runs in the workspace', wholeNumber(1), 1500)
  .option('--points <n>', 'app: metric values of each run', wholeNumber(1), 1500)
  .option('--faces <n>', 'app: faces in the gallery, 28 kB of disk each', wholeNumber(2000), 100_000)
  .option('--rows <n>', 'load: rows of an event file that nobody has followed', wholeNumber(1), 10_000_000)
  .option('--images <n>', 'load: images of a data set that is added', wholeNumber(10_000), 4_000_000)
  .option('--hours <n>', 'load: simulated hours of a run', wholeNumber(1), 24)
  .action(act(async ({ terminal }, names: (BenchName | OwnBench)[], options: Options) => {
    const own = ownBenches.filter(name => names.includes(name))
    for (const name of own) {
      const measured = await measureOwn(name, options, text => terminal.note(`${text} ...`))
      terminal.result(measured, () => renderFigures(measured, terminal))
    }
    if (own.length > 0 && own.length === new Set(names).size)
      return
    const report = await runBench(names.length > 0
      ? benchNames.filter(name => names.includes(name))
      : [...benchNames], options, terminal)
    terminal.result(report, () => renderBench(report, terminal))
  }))

/** Runs benches in a process of their own: this one never loads TensorFlow. Photographs are those in the folder that FACET_DATA names. */
async function runBench(names: BenchName[], { peers, rounds, threads }: Options, terminal: Terminal): Promise<BenchReport> {
  const { FACET_DATA: data } = process.env
  const photographs = data && existsSync(resolve(data))
    ? resolve(data)
    : null
  const child = spawn(nodeBinary(), [
    join(packageRoot, 'src/worker/bench/index.ts'),
    JSON.stringify({ names, peers, rounds, threads, photographs }),
  ], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: compileCache() },
  })
  const ended = new Promise<number | null>((done, fail) => {
    child.on('error', fail)
    child.on('close', done)
  })
  let report: BenchReport | undefined
  for await (const text of createInterface({ input: child.stdout })) {
    const line = BenchLine.parse(JSON.parse(text))
    switch (line.kind) {
      case 'note':
        terminal.note(line.text)
        break
      case 'report':
        report = line.report
        break
      case 'failed': {
        const { code, message, ...details } = Problem.parse(line.problem)
        throw new FacetError(code, message, details)
      }
      default: line satisfies never
    }
  }
  const code = await ended
  if (!report)
    throw new FacetError('internal', `internal: the bench ended with code ${code} and no result.`)
  return report
}

interface Measured { cpu: string, cores: number, load: number, figures: BenchFigure[] }

async function measureOwn(name: OwnBench, options: Options, say: (text: string) => void): Promise<Measured> {
  const machine = { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), load: loadavg()[0]! }
  if (name === 'app') {
    const { benchApp } = await import('#main/bench-app/index.ts')
    return { ...machine, figures: await benchApp(options, say) }
  }
  const { benchLoad } = await import('#main/bench-load/index.ts')
  return { ...machine, figures: await benchLoad({ ...options, clients: 50, liveRuns: 20, liveSeconds: 60 }, say) }
}

/** Figures, each with its bound. */
function renderFigures({ cpu, cores, load, figures }: Measured, terminal: Pick<Terminal, 'width' | 'isStyled'>): string {
  const table = list(figures, [
    { title: 'measured', value: ({ title }) => title, isElastic: true },
    { title: 'figure', isNumber: true, value: ({ value, unit }) => `${wordNumber(Number(value.toPrecision(3)))} ${unit}` },
    { title: 'to reach', isNumber: true, value: ({ bound, isReached }) => bound === null ? '' : `${'most' in bound ? `<= ${bound.most}` : `>= ${bound.least}`}${isReached ? '' : ' missed'}` },
  ], terminal)
  const busy = load > cores / 2 ? `\nOther programs were at work (load ${load.toFixed(1)}): the times are upper bounds.` : ''
  return `${cpu}, ${cores} cores${busy}\n${table}`
}

/** Tables of a report, one per case. */
export function renderBench({ cpu, cores, threads, load, cases }: BenchReport, terminal: Pick<Terminal, 'width' | 'isStyled'>): string {
  const machine = `${cpu}, ${cores} cores, ${threads} threads each`
  const busy = load > cores / 2
    ? [`Other programs were at work (load ${load.toFixed(1)}): the ratios hold, the times do not.`]
    : []
  return [machine, ...busy, ...cases.map(each => renderCase(each, terminal))].join('\n\n')
}

function renderCase({ title, piece, megabytes, compare, results }: BenchCase, terminal: Pick<Terminal, 'width' | 'isStyled'>): string {
  const figure = (ms: number | null): string => ms === null
    ? '-'
    : megabytes === null
      ? wordNumber(Number(ms.toPrecision(3)))
      : wordNumber(Number((megabytes / ms * 1000).toPrecision(3)))
  const unit = megabytes === null
    ? `ms a ${piece}`
    : 'MB/s'
  const table = list(results, [
    { title: 'contender', value: ({ name }) => name },
    { title: `median, ${unit}`, isNumber: true, value: ({ medianMs }) => figure(medianMs) },
    { title: megabytes === null ? 'minimum' : 'best', isNumber: true, value: ({ minMs }) => figure(minMs) },
    { title: compare === 'speed' ? 'facet is' : 'facet takes', isNumber: true, value: result => wordRatio(result, compare) },
    { title: 'to reach', isNumber: true, value: result => wordTarget(result, compare) },
    { title: 'memory', isNumber: true, value: ({ memoryBytes }) => memoryBytes === null ? '-' : wordBytes(memoryBytes) },
    { title: 'with', value: ({ version, missing }) => missing ?? version ?? '', isElastic: true },
  ], terminal)
  return `${title}\n${table}`
}

function wordRatio({ ratio }: BenchResult, compare: BenchCase['compare']): string {
  if (!ratio)
    return ''
  const [middle, low, high] = [ratio.median, ratio.low, ratio.high].map(value => value.toFixed(2))
  return `${middle}x ${compare === 'speed' ? 'as fast' : 'as long'} (${low}-${high})`
}

function wordTarget({ target, isReached }: BenchResult, compare: BenchCase['compare']): string {
  if (target === null)
    return ''
  const bound = `${compare === 'speed' ? '>=' : '<='} ${target.toFixed(2)}`
  return isReached === false
    ? `${bound} missed`
    : bound
}
