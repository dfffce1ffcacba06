import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { connect } from '#main/core.ts'

/** A host that runs the study to its end, as `facet run` does, in a process that can be killed: ROOT. Tells how the runs stand, or what was wrong. */
const root = process.argv[2]!
const path = join(import.meta.dirname, 'recipe.yaml')
const connection = await connect(root, {
  title: 'fault campaign',
  create: true,
  cores: 2,
  worker: { entry: join(import.meta.dirname, 'worker.ts') },
})
const { study } = await connection.client.call('studies.run', { path, text: readFileSync(path, 'utf8'), set: [], ignoresDisk: true })
const idle = await connection.client.call('runs.idle', { study })
await connection.close()
process.stdout.write(`${JSON.stringify(idle)}\n`)
