import process from 'node:process'
import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'

/** The fault campaign: npm run test:faults -- [--moments N] [--seed S] [--minutes M] [--only NAME]. Exits 1 where anything is lost. */
const { values } = parseArgs({ options: {
  moments: { type: 'string', default: '200' },
  seed: { type: 'string', default: '1' },
  minutes: { type: 'string', default: '10' },
  only: { type: 'string', default: '' },
} })
const numbers = [values.moments, values.seed, values.minutes].map(Number)
if (numbers.some(number => !(number > 0))) {
  console.error('--moments, --seed and --minutes are numbers above 0.')
  process.exit(2)
}
const [kills, seed, minutes] = numbers as [number, number, number]
const { report, isLost } = await runCampaign({ kills, seed, minutes, only: values.only, say: console.log })
console.log(`\n${report}`)
process.exitCode = isLost ? 1 : 0
