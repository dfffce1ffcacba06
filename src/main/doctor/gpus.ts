import type { GpuDevice } from '#shared/provenance.ts'
import { readSetupState } from './setup-state.ts'
import { runTool } from './tool.ts'

/** A GPU with how busy it is. */
export interface GpuState extends GpuDevice {
  usedBytes: number
  /** Share of the last moments in which it computed. */
  load: number
  celsius: number | null
}

const query = 'uuid,name,driver_version,memory.total,memory.used,utilization.gpu,temperature.gpu'

/** The GPUs of this computer as NVIDIA's own tool tells them, in its order; none where the tool or its driver is missing. `run` replaces the tool. */
export async function readGpus(run: typeof runTool = runTool): Promise<GpuState[]> {
  const { code, stdout } = await run('nvidia-smi', [`--query-gpu=${query}`, '--format=csv,noheader,nounits'])
  return code === 0 ? stdout.split('\n').flatMap(parseGpu) : []
}

/** One line of the tool's answer. What a card cannot tell it calls "[N/A]". */
function parseGpu(line: string): GpuState[] {
  const [id, name, driver, total, used, load, celsius] = line.split(',').map(text => text.trim())
  if (!id || !name)
    return []
  const mebibytes = (text?: string): number => (Number(text) || 0) * 2 ** 20
  return [{ id, name, driver: driver ?? '', memoryBytes: mebibytes(total), usedBytes: mebibytes(used), load: (Number(load) || 0) / 100, celsius: Number(celsius) || null }]
}

/**
 * Those that CUDA_VISIBLE_DEVICES leaves, in its order: numbers, or the beginnings of UUIDs; what follows one that is not there does
 * not count, as in CUDA itself. Not set: all.
 */
export function visibleGpus<Gpu extends GpuDevice>(gpus: readonly Gpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined)
    return [...gpus]
  const chosen: Gpu[] = []
  for (const word of visible.split(',').map(text => text.trim())) {
    const gpu = /^\d+$/.test(word) ? gpus[Number(word)] : gpus.find(({ id }) => word !== '' && id.startsWith(word))
    if (!gpu || chosen.includes(gpu))
      break
    chosen.push(gpu)
  }
  return chosen
}

/** The GPUs that runs can be given: those that this process may see, where the engine is the build for them. */
export async function usableGpus(visible: string | undefined): Promise<GpuDevice[]> {
  const gpus = visibleGpus(await readGpus(), visible)
  if (gpus.length === 0 || (await readSetupState()).flavour !== 'gpu')
    return []
  return gpus.map(({ id, name, memoryBytes, driver }) => ({ id, name, memoryBytes, driver }))
}
