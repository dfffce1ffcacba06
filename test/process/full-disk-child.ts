import process from 'node:process'
import { connect } from '#main/core.ts'
import { toProblem } from '#shared/errors.ts'

/** A host whose files may have so many bytes (ulimit -f): exports to a path, tells what came of it, then answers something else: ROOT PATH. */
const [root = '', path = ''] = process.argv.slice(2)
const { client, close } = await connect(root, { title: 'test' })
const problem = await client.call('studies.exportArchive', { name: 'pets', path }).then(() => null, toProblem)
const studies = (await client.call('studies.list')).map(({ name }) => name)
console.log(JSON.stringify({ problem, studies }))
await close()
