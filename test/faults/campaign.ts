import type { ChainOrder, Moment } from './chain.ts'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { seededRandom } from '#shared/seeded-random.ts'
import { faults } from './kinds/index.ts'
import { buildShim } from './plan.ts'
import { hold, runStudy, whatIsLeft } from './workspace.ts'

export interface CampaignOptions {
  /** Kills to try; other faults come in proportion. */
  kills: number
  seed: number
  /** No new moment starts after so many minutes. */
  minutes: number
  /** Faults to try, where not all. */
  only?: string
  /** Studies that are disturbed side by side. */
  chains?: number
  say?: (text: string) => void
}

export interface Campaign { moments: Moment[], seconds: number, report: string, isLost: boolean }

/** Disturbs small studies in every way there is and tells what came of it. */
export async function runCampaign({ kills, seed, minutes, only = '', chains = 2, say = () => {} }: CampaignOptions): Promise<Campaign> {
  const started = performance.now()
  const folder = mkdtempSync(join(tmpdir(), 'facet-faults-'))
  try {
    const places = await prepare(folder, say)
    const order = drawOrder(kills, seed, only)
    const untilMs = Date.now() + minutes * 60_000
    const done = await Promise.all(Array.from({ length: chains }, (_, i) => runChain({
      ...places,
      folder: join(folder, `chain-${i}`),
      seed: seed * 1000 + i,
      faults: order.filter((_, place) => place % chains === i),
      untilMs,
    }, say)))
    const moments = done.flat()
    const seconds = (performance.now() - started) / 1000
    return { moments, seconds, report: writeReport(moments, order, seconds, seed), isLost: moments.some(({ problems }) => problems.length > 0) }
  }
  finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A workspace with its data set, and the same after an undisturbed study. */
async function prepare(folder: string, say: (text: string) => void): Promise<Pick<ChainOrder, 'base' | 'finished' | 'shim'>> {
  const shim = buildShim(folder)
  // Chains put copies of the base at places of their own, where nothing is drawn anew; keys do not depend on the place.
  const [base, finished] = [join(folder, 'base'), join(folder, 'finished')]
  const connection = await hold(base)
  await connection.close()
  const open = await runStudy(finished)
  if (open.length > 0)
    throw new Error(`the undisturbed study is not done: ${open.join('; ')}`)
  cpSync(join(finished, 'data'), join(base, 'data'), { recursive: true })
  writeFileSync(join(finished, 'left.json'), JSON.stringify(whatIsLeft(finished)))
  say(`An undisturbed study has ${Object.keys(whatIsLeft(finished)).length} runs.`)
  return { base, finished, shim }
}

/** Each fault as often as its share says, mixed. */
function drawOrder(kills: number, seed: number, only: string): string[] {
  const random = seededRandom(seed)
  const chosen = faults.filter(({ name }) => only.split(',').some(part => name.includes(part)))
  const shares = chosen.filter(({ isKill }) => isKill).reduce((sum, { share }) => sum + share, 0) || chosen.reduce((sum, { share }) => sum + share, 0)
  const order = chosen.flatMap(({ name, share }) => Array.from<string>({ length: Math.max(1, Math.round(kills * share / shares)) }).fill(name))
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.integer(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!]
  }
  return order
}

async function runChain(order: ChainOrder, say: (text: string) => void): Promise<Moment[]> {
  mkdirSync(order.folder)
  const child = spawn(process.execPath, [join(import.meta.dirname, 'chain.ts'), JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const moments: Moment[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    const round = JSON.parse(line) as Moment[]
    moments.push(...round)
    for (const { fault, where, seconds, problems } of round)
      say(`${problems.length === 0 ? 'ok  ' : 'LOST'} ${seconds.toFixed(1).padStart(5)} s  ${fault}: ${where ?? 'nowhere'}${problems.map(text => `\n       ${text}`).join('')}`)
  })
  const [code] = await once(child, 'close') as [number | null]
  if (code !== 0)
    moments.push({ fault: 'the campaign itself', where: null, seconds: 0, problems: [`a chain ended with code ${code}`] })
  return moments
}

function writeReport(moments: Moment[], order: string[], seconds: number, seed: number): string {
  const names = [...faults.map(({ name }) => name), 'the campaign itself']
  const rows = names.flatMap((name) => {
    const tried = moments.filter(({ fault }) => fault === name)
    const planned = order.filter(one => one === name).length
    if (tried.length === 0 && planned === 0)
      return []
    const lost = tried.filter(({ problems }) => problems.length > 0).length
    return [[name, String(planned), String(tried.length), String(tried.length - lost), String(lost)]]
  })
  const head = ['fault', 'planned', 'struck', 'same bits', 'lost']
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map(row => row[i]!.length)))
  const line = (row: string[]): string => row.map((text, i) => i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)).join('  ')
  const kills = moments.filter(({ fault }) => faults.find(({ name }) => name === fault)?.isKill).length
  const lost = moments.filter(({ problems }) => problems.length > 0)
  return [
    line(head),
    ...rows.map(line),
    '',
    `${moments.length} faults, ${kills} of them kills, in ${Math.round(seconds)} s (seed ${seed}): ${lost.length === 0 ? 'nothing was lost' : `${lost.length} lost something`}.`,
  ].join('\n')
}
