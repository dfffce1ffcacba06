import { join } from 'node:path'
import process from 'node:process'
import { connect } from '#main/core.ts'

/** A host in a process of its own, to be killed: opens the workspace and keeps it. */
const connection = await connect(process.argv[2]!, {
  title: 'test host',
  create: true,
  cores: 2,
  worker: {
    entry: join(import.meta.dirname, 'stages-worker.ts'),
  },
})
process.send?.({ role: connection.role })
process.on('message', () => {})
