import type { DoctorCheck } from './check.ts'
import type { GpuState } from './gpus.ts'
import type { SetupState } from './setup-state.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { gigabytes } from './check.ts'
import { readGpus, visibleGpus } from './gpus.ts'
import { checkout } from './setup-state.ts'
import { runTool } from './tool.ts'

const remedy = 'npm run facet -- doctor --fix'

/** What the verifying process prints. */
const Verified = z.object({
  version: z.string(),
  tfjs: z.string(),
  isGpu: z.boolean(),
  seconds: z.number(),
})

/** The engine: one op in a process of its own, since the host never loads TensorFlow. */
export async function checkEngine(setup: SetupState): Promise<DoctorCheck[]> {
  const part = { name: 'engine', title: 'Engine' }
  const gpus = visibleGpus(await readGpus(), process.env.CUDA_VISIBLE_DEVICES)
  if (!setup.isEngineReady) {
    const value = existsSync(setup.engine)
      ? `in ${setup.engine}, but not linked to this checkout or not whole`
      : `not installed (${setup.engine})`
    return [
      {
        ...part,
        verdict: 'problem',
        value,
        hint: remedy,
      },
      checkGpus(gpus, false),
    ]
  }
  const { code, stdout, stderr } = await runTool(setup.node, [
    join(checkout, 'scripts', 'setup', 'verify.cjs'),
  ], 120_000)
  const verified = parseVerified(stdout)
  if (code !== 0 || !verified) {
    const reason = stderr.split('\n').find(line => /Error|cannot open|undefined symbol/.test(line))?.trim() ?? `exit code ${code}`
    return [
      {
        ...part,
        verdict: 'problem',
        value: `does not run: ${reason}`,
        hint: remedy,
      },
      checkGpus(gpus, false),
    ]
  }
  const { version, tfjs, isGpu, seconds } = verified
  const value = `TensorFlow ${version}, tfjs ${tfjs}, on the ${isGpu
    ? 'GPU'
    : 'CPU'}; ran one op in ${seconds.toFixed(1)} s (${setup.engine})`
  return [
    { ...part, verdict: 'ok', value },
    checkGpus(gpus, isGpu),
  ]
}

function parseVerified(stdout: string): z.infer<typeof Verified> | null {
  try {
    return Verified.parse(JSON.parse(stdout.split('\n').find(line => line.startsWith('{')) ?? ''))
  }
  catch {
    return null
  }
}

/** Every GPU with its memory; runs get one each. */
export function checkGpus(gpus: readonly GpuState[], isUsed: boolean): DoctorCheck {
  const part = { name: 'gpu', title: 'GPU' }
  if (gpus.length === 0)
    return { ...part, verdict: 'absent', value: 'no NVIDIA driver; everything runs on the CPU' }
  const value = gpus.map(({ name, memoryBytes, usedBytes, driver }) => `${name}, ${gigabytes(memoryBytes - usedBytes)} of ${gigabytes(memoryBytes)} free, driver ${driver}`).join('; ')
  if (isUsed)
    return { ...part, verdict: 'ok', value: gpus.length > 1 ? `${value}; one run each` : value }
  return {
    ...part,
    verdict: 'warning',
    value: `${value}; the engine does not use ${gpus.length > 1 ? 'them' : 'it'}`,
    hint: `Take the build for it: FACET_ENGINE=gpu ${remedy}`,
  }
}
