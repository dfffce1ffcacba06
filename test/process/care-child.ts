import process from 'node:process'
import { connect } from '#main/core.ts'

/** A host that backs up, exports or imports, over and over, and is then killed: KIND ROOT FOLDER. */
const [kind = '', root = '', folder = ''] = process.argv.slice(2)
const { client } = await connect(root, { title: 'test', create: true })
process.send?.('ready')
process.on('message', () => {}) // stays until it is killed
for (let i = 0; kind === 'import' ? i < 1 : true; i++) {
  if (kind === 'backup')
    await client.call('workspace.backup', { path: `${folder}/${process.pid}-${i}.sqlite` })
  if (kind === 'export')
    await client.call('studies.exportArchive', { name: 'pets', path: `${folder}/${process.pid}-${i}.tar` })
  if (kind === 'import')
    await client.call('studies.importArchive', { path: `${folder}/pets.tar` })
}
