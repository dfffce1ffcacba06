import { expect, it } from 'vitest'
import { fuzz } from './fuzz.ts'
import { targets } from './targets/index.ts'

/** A short form of the campaign (npm run test:fuzz); other inputs than there, the same ones each time. */
const inputs = 500

it.each(Object.keys(targets))('%s: every input becomes a value or a refusal', async (name) => {
  const { findings, accepted, refused } = await fuzz(await targets[name]!(), { inputs, seed: 20_000_000 })
  expect(findings).toEqual([])
  expect(accepted + refused).toBeGreaterThanOrEqual(inputs)
  expect(accepted, 'a parser that refuses everything is not looked at').toBeGreaterThan(0)
})
