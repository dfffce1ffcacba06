import process from 'node:process'
import { hold } from './workspace.ts'

/** Opens a workspace as a host does, which migrates it, and lets it go: ROOT. */
await (await hold(process.argv[2]!)).close()
