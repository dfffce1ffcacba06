import type { DoctorCheck } from './check.ts'
import { existsSync, statfsSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { dirname } from 'node:path'
import process from 'node:process'
import { freeBytesAt } from '#main/workspace/free-space.ts'
import { mainMemoryBytes } from '#shared/main-memory.ts'
import { gigabytes } from './check.ts'

/** The autoencoder of six teachers takes 1.6 GB; with loader and host beside it 4 GB is the least that is comfortable. */
const comfortableMemoryBytes = 4e9
/** A study on some thousand photographs takes 1 to 3 GB. */
const comfortableDiskBytes = 5e9

/** Kinds of file system whose locks and shared memory SQLite cannot trust (statfs(2) magic numbers). */
const networkMounts = new Map([
  [0x6969, 'NFS'],
  [0x517B, 'SMB'],
  [0xFF534D42, 'CIFS'],
  [0xFE534D42, 'SMB2'],
  [0x65735546, 'FUSE'],
  [0x01021997, '9p'],
  [0x00C36400, 'Ceph'],
  [0x0BD00BD0, 'Lustre'],
  [0x47504653, 'GPFS'],
])

/** Cores and memory as this process may use them. */
export function checkMachine(): DoctorCheck[] {
  const memory = mainMemoryBytes()
  const isSmall = memory < comfortableMemoryBytes
  return [
    {
      name: 'platform',
      title: 'Platform',
      verdict: process.platform === 'linux' && process.arch === 'x64'
        ? 'ok'
        : 'problem',
      value: `${process.platform} ${process.arch}`,
      hint: process.platform === 'linux' && process.arch === 'x64'
        ? undefined
        : 'The engine runs on Linux x64 only.',
    },
    {
      name: 'cores',
      title: 'Cores',
      verdict: 'ok',
      value: `${availableParallelism()} (${cpus()[0]?.model.trim() ?? 'unknown'})`,
    },
    {
      name: 'memory',
      title: 'Memory',
      verdict: isSmall
        ? 'warning'
        : 'ok',
      value: gigabytes(memory),
      hint: isSmall
        ? `Below ${gigabytes(comfortableMemoryBytes)}: use fewer teachers or a smaller combiner.`
        : undefined,
    },
  ]
}

/** Free space of a folder's disk, and for the workspace whether it lies on a network mount. A folder that does not exist yet counts as its nearest parent. */
export function checkDisk(name: string, title: string, folder: string): DoctorCheck {
  const existing = nearestExisting(folder)
  const free = freeBytesAt(existing)
  const mount = networkMounts.get(statfsSync(existing).type)
  const value = `${gigabytes(free)} free at ${folder}${mount
    ? `, on ${mount}`
    : ''}`
  if (free < comfortableDiskBytes) {
    return {
      name,
      title,
      verdict: 'warning',
      value,
      hint: `Less than ${gigabytes(comfortableDiskBytes)}: facet gc lists what can go.`,
    }
  }
  if (mount && name === 'workspace-disk') {
    return {
      name,
      title,
      verdict: 'warning',
      value,
      hint: 'A network mount: one host at a time, and slower writes. Keep the workspace on a local disk where you can.',
    }
  }
  return { name, title, verdict: 'ok', value }
}

function nearestExisting(folder: string): string {
  return existsSync(folder)
    ? folder
    : nearestExisting(dirname(folder))
}
