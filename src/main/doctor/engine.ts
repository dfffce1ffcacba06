import type { DoctorCheck } from './check.ts'
import type { SetupState } from './setup-state.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
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
  const gpu = await readGpu()
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
      checkGpu(gpu, false),
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
      checkGpu(gpu, false),
    ]
  }
  const { version, tfjs, isGpu, seconds } = verified
  const value = `TensorFlow ${version}, tfjs ${tfjs}, on the ${isGpu
    ? 'GPU'
    : 'CPU'}; ran one op in ${seconds.toFixed(1)} s (${setup.engine})`
  return [
    { ...part, verdict: 'ok', value },
    checkGpu(gpu, isGpu),
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

/** Name, driver and memory of each GPU as NVIDIA's own tool tells them; null where there is none. */
async function readGpu(): Promise<string | null> {
  const { code, stdout } = await runTool('nvidia-smi', ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader'])
  return code === 0 && stdout.trim() !== ''
    ? stdout.trim().split('\n').map((line) => {
        const [name, driver, memory] = line.split(',').map(text => text.trim())
        return `${name}, ${memory}, driver ${driver}`
      }).join('; ')
    : null
}

function checkGpu(gpu: string | null, isUsed: boolean): DoctorCheck {
  const part = { name: 'gpu', title: 'GPU' }
  if (!gpu)
    return { ...part, verdict: 'absent', value: 'no NVIDIA driver; everything runs on the CPU' }
  if (isUsed)
    return { ...part, verdict: 'ok', value: gpu }
  return {
    ...part,
    verdict: 'warning',
    value: `${gpu}; the engine does not use it`,
    hint: `Take the build for it: FACET_ENGINE=gpu ${remedy}`,
  }
}
