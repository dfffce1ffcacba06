import type { BenchFigure } from '#main/bench-figure.ts'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import { serve } from '#main/bench-app/serve.ts'
import { loadedKey } from '#main/bench-app/workspace.ts'
import { figure } from '#main/bench-figure.ts'
import { readHolder } from '#main/workspace/lock.ts'
import { workspacePaths } from '#main/workspace/paths.ts'
import { makeLiveWorkspace } from './live-runs.ts'
import { cpuOf, memoryOf, startLoadProcess } from './processes.ts'

export interface Watched { clients: number, runs: number, seconds: number }

/** Values of a run's metric events a second: what training at 10 steps a second reports at most. */
const perSecond = 10
const metricsPerEvent = 2

/** Many windows look at many live runs at one server: how late values arrive, that each arrives once everywhere, and what it costs. */
export async function measureWatched(folder: string, { clients, runs, seconds }: Watched): Promise<BenchFigure[]> {
  const paths = workspacePaths(folder)
  const runDirs = Array.from({ length: runs }, (_, index) => paths.runDir(loadedKey(index)))
  const feeder = startLoadProcess('feeder.ts', [JSON.stringify({ runDirs, perSecond, seconds })])
  try {
    await makeLiveWorkspace(folder, runs, feeder)
    const served = await serve(folder)
    try {
      const windows = await openWindows(served.address, clients)
      const holder = readHolder(paths.lock)!.pid
      await sleep(2000)
      const before = { memory: memoryOf(holder).now, cpu: cpuOf(holder) }
      const startMs = Date.now()
      feeder.child.stdin.write('go\n')
      await Promise.race([once(feeder.child.stdout, 'data'), feeder.ended])
      await sleep(2000)
      const passedSeconds = (Date.now() - startMs) / 1000
      const after = { memory: memoryOf(holder).now, cpu: cpuOf(holder) }
      const lags = windows.flatMap(({ lagsMs }) => lagsMs).sort((a, b) => a - b)
      const expected = runs * seconds * perSecond * metricsPerEvent
      const incomplete = windows.filter(({ seen }) => seen.size !== expected || [...seen.values()].some(times => times !== 1)).length
      windows.forEach(({ close }) => close())
      return [
        figure(`${clients} windows on ${runs} live runs, values a second in each window`, runs * perSecond * metricsPerEvent, ''),
        figure('windows that missed a value or got one twice', incomplete, '', { most: 0 }),
        figure('from writing a value to having it in a window, median', lags[lags.length >> 1]!, 'ms'),
        figure('  the latest of 100', lags[Math.floor(lags.length * 0.99)]!, 'ms', { most: 1000 }),
        figure('host: share of one core', 100 * (after.cpu - before.cpu) / passedSeconds, '%'),
        figure('host: memory gained', after.memory - before.memory, 'MB'),
      ]
    }
    finally {
      await served.close()
    }
  }
  finally {
    feeder.kill()
    rmSync(join(folder, 'runs'), { recursive: true, force: true })
  }
}

interface Window { lagsMs: number[], seen: Map<string, number>, close: () => void }

async function openWindows(address: string, count: number): Promise<Window[]> {
  const url = new URL(address)
  const response = await fetch(address, { redirect: 'manual' })
  const cookie = response.headers.get('set-cookie')!.split(';')[0]!
  return Promise.all(Array.from({ length: count }, () => openWindow(url, cookie)))
}

/** A window that takes events in as a page does, without drawing. */
async function openWindow({ host, origin }: URL, cookie: string): Promise<Window> {
  const socket = new WebSocket(`ws://${host}/socket`, { headers: { cookie, origin } })
  const lagsMs: number[] = []
  const seen = new Map<string, number>()
  socket.on('message', (data) => {
    const { event, payload } = JSON.parse(String(data)) as { event?: string, payload?: { key: string, rows: { metric: string, step: number, value: number }[] } }
    if (event !== 'run.metrics')
      return
    for (const { metric, step, value } of payload!.rows) {
      const name = `${payload!.key} ${metric} ${step}`
      seen.set(name, (seen.get(name) ?? 0) + 1)
      if (metric === 'written')
        lagsMs.push(Date.now() - value)
    }
  })
  await once(socket, 'open')
  return { lagsMs, seen, close: () => socket.terminate() }
}
