import { fingerprintOf } from '#main/datasets/fingerprint.ts'
import { openDataset } from '#shared/files/dataset-pack.ts'
import { damageOf } from './database-damage.ts'

/** As findPackDamage (integrity.ts), in the caller's thread. */
export function packDamageOf(path: string, fingerprint: string): string[] {
  const damage = damageOf(path)
  if (damage.length > 0)
    return damage
  try {
    const pack = openDataset(path)
    try {
      return fingerprintOf(pack.meta, pack.each(), pack.pairs()) === fingerprint ? [] : ['what is in it is not what its fingerprint says']
    }
    finally {
      pack.close()
    }
  }
  catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
