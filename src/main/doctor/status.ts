import type { CpuInfo } from 'node:os'
import type { Result } from '#shared/contract.ts'
import { availableParallelism, cpus } from 'node:os'
import { basename } from 'node:path'
import process from 'node:process'
import { freeBytesAt } from '#main/workspace/free-space.ts'
import { mainMemoryBytes } from '#shared/main-memory.ts'
import { readGpus, visibleGpus } from './gpus.ts'
import { readSetupState } from './setup-state.ts'

type Status = Result<'engine.status'>

/** Whether the engine is there changes with set-up only; asking takes a process. */
const setupMs = 60_000
/** NVIDIA's tool takes some 50 ms. */
const gpuMs = 2_000

/** Looks at engine and computer, quickly enough to be asked every few seconds; whether the engine really runs only `engine.check` tells. */
export function createStatus(folder: string): { read: () => Promise<Status>, forget: () => void } {
  const setup = keepFor(setupMs, readSetupState)
  const gpus = keepFor(gpuMs, readStatus)
  let before = cpus()
  let load = 0
  let loadAtMs = 0
  return {
    forget: setup.forget,
    read: async () => {
      const { isEngineReady, engine } = await setup.get()
      if (Date.now() - loadAtMs > 1_000) {
        const now = cpus()
        load = loadBetween(before, now)
        before = now
        loadAtMs = Date.now()
      }
      const totalBytes = mainMemoryBytes()
      const [version, flavour] = basename(engine).split('-')
      return {
        isReady: isEngineReady,
        name: isEngineReady ? `TensorFlow ${version}, ${flavour?.toUpperCase() ?? 'CPU'}` : 'not installed',
        remedy: isEngineReady ? null : 'npm run facet -- doctor --fix',
        processor: { name: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), load },
        memory: { usedBytes: Math.max(0, totalBytes - process.availableMemory()), totalBytes },
        gpus: await gpus.get(),
        diskFreeBytes: freeBytesAt(folder),
      }
    },
  }
}

/** Share of all cores that was busy between two looks. */
function loadBetween(before: readonly CpuInfo[], after: readonly CpuInfo[]): number {
  const sum = (infos: readonly CpuInfo[]): { busy: number, all: number } => infos.reduce(({ busy, all }, { times }) => {
    const total = times.user + times.nice + times.sys + times.irq + times.idle
    return { busy: busy + total - times.idle, all: all + total }
  }, { busy: 0, all: 0 })
  const a = sum(before)
  const b = sum(after)
  return b.all > a.all ? (b.busy - a.busy) / (b.all - a.all) : 0
}

let hasNoGpu = false

/** Where NVIDIA's tool is missing once it stays missing. */
async function readStatus(): Promise<Status['gpus']> {
  if (hasNoGpu)
    return []
  const gpus = visibleGpus(await readGpus(), process.env.CUDA_VISIBLE_DEVICES)
  hasNoGpu = gpus.length === 0
  return gpus.map(({ id, name, load, usedBytes, memoryBytes, celsius }) => ({ id, name, load, usedBytes, totalBytes: memoryBytes, celsius }))
}

/** A value that is read again only when it is older than that; a failure is not kept. */
function keepFor<T>(ms: number, read: () => Promise<T>): { get: () => Promise<T>, forget: () => void } {
  let value: Promise<T> | null = null
  let atMs = 0
  return {
    get: () => {
      if (!value || Date.now() - atMs > ms) {
        atMs = Date.now()
        value = read()
        value.catch(() => { value = null })
      }
      return value
    },
    forget: () => { value = null },
  }
}
