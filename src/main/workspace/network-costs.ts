import type { Db } from './database.ts'
import { NetworkCost } from '#shared/model-costs.ts'

/** What was measured of some networks, by their ids. */
export async function readNetworkCosts(db: Db, ids: readonly string[]): Promise<Map<string, NetworkCost>> {
  if (ids.length === 0)
    return new Map()
  const rows = await db.selectFrom('network_costs').select(['id', 'cost']).where('id', 'in', ids).execute()
  return new Map(rows.map(({ id, cost }) => [id, NetworkCost.parse(JSON.parse(cost))]))
}

/** Keeps what was measured of a network, in the place of what was measured before. */
export async function putNetworkCost(db: Db, id: string, cost: NetworkCost, now: number): Promise<void> {
  const values = { cost: JSON.stringify(cost), measured_at_ms: now }
  await db.insertInto('network_costs').values({ id, ...values }).onConflict(conflict => conflict.column('id').doUpdateSet(values)).execute()
}
