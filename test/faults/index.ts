import process from 'node:process'
import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'

/** The fault campaign: npm run test:faults -- [--moments N] [--seed S] [--minutes M] [--only NAME]. Exits 1 where anything is lost. */
const { values } = parseArgs({ options: {
  moments: { type: 'string', default: '200' },
  seed: { type: 'string', default: '1' },
  minutes: { type: 'string', default: '10' },
  only: { type: 'string', default: '' },
  help: { type: 'boolean', default: false },
} })
const numbers = [values.moments, values.seed, values.minutes].map(Number)
if (values.help || numbers.some(number => !(number > 0))) {
  console.error('npm run test:faults -- [--moments 200] [--seed 1] [--minutes 10] [--only NAME]; the numbers are above 0.')
  process.exit(values.help ? 0 : 2)
}
const [kills, seed, minutes] = numbers as [number, number, number]
const { report, isLost } = await runCampaign({ kills, seed, minutes, only: values.only, say: console.log })
console.log(`\n${report}`)
process.exitCode = isLost ? 1 : 0
