import type { Order } from '#shared/order.ts'
import type { Environment } from '#shared/provenance.ts'
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, release } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import { mainMemoryBytes } from '#shared/main-memory.ts'

const root = join(import.meta.dirname, '../..')

/**
 * What this process computes with: the part of a run's provenance that only its worker can know. `engine` is version and device
 * as the engine names itself, e.g. "2.21.0-gpu".
 * Versions are read from packages, since loading sharp would cost every short run 70 ms.
 */
export function readEnvironment({ threads, device = null }: Pick<Order, 'threads' | 'device'>, engine: string): Environment {
  return {
    facet: field(join(root, 'package.json'), 'version') ?? 'unknown',
    node: process.versions.node,
    engine,
    tfjs: field(inPackages('@tensorflow/tfjs-node-gpu/package.json'), 'version'),
    sharp: field(inPackages('sharp/package.json'), 'version'),
    libvips: field(inPackages(`@img/sharp-libvips-${process.platform}-${process.arch}/versions.json`), 'vips'),
    system: `${process.platform} ${process.arch}, kernel ${release()}`,
    processor: {
      name: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      features: vectorFeatures(),
    },
    memoryBytes: mainMemoryBytes(),
    gpu: engine.endsWith('-gpu') ? device : null,
    threads,
    oneDnn: process.env.TF_ENABLE_ONEDNN_OPTS !== '0', // on where nobody says otherwise, since TensorFlow 2.9
    isDeterministic: ['1', 'true'].includes(process.env.TF_DETERMINISTIC_OPS ?? ''),
  }
}

function inPackages(path: string): string {
  return join(root, 'node_modules', path)
}

/** A text field of a JSON file, or null where there is none. */
function field(path: string, name: string): string | null {
  if (!existsSync(path))
    return null
  const value = z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')))[name]
  return typeof value === 'string' ? value : null
}

/** The instruction sets that TensorFlow and oneDNN choose kernels by. */
function vectorFeatures(): string[] {
  const file = '/proc/cpuinfo'
  const flags = existsSync(file) ? /^flags\s*:(.*)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? '' : ''
  return flags.split(' ').filter(flag => /^(?:avx|amx|fma$|sse4_2$)/.test(flag)).sort()
}
