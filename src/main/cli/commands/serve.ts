import type { RegisterCommand } from '../command.ts'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { packageRoot } from '#main/node-binary.ts'
import { FacetError } from '#shared/errors.ts'
import { wholeNumber } from '../whole-number.ts'

interface Options { port: number, host: string }

/** serve: the app for a browser, on this machine or through a tunnel. */
export const serve: RegisterCommand = (program, act) => program
  .command('serve')
  .description('serve the app to a browser; prints its address with a secret token, ends with Ctrl-C')
  .option('--port <n>', 'port to listen on; 0 takes a free one', wholeNumber(0, 65_535), 0)
  .option('--host <address>', 'address to listen on: anything but 127.0.0.1 lets other machines try (no encryption: prefer ssh -L)', '127.0.0.1')
  .action(act(async ({ terminal, workspace }, { port, host }: Options) => {
    const { createFront } = await import('#main/front/front.ts')
    const { isWorkspace, listRecent } = await import('#main/front/recent.ts')
    const { startPageServer } = await import('#main/server/server.ts')
    const pageFolder = findPage()
    const isNamed = program.getOptionValueSource('workspace') === 'cli' || process.env.FACET_WORKSPACE !== undefined
    const folder = isNamed || isWorkspace(workspace)
      ? workspace
      : listRecent().find(one => one.isThere)?.path
    const front = createFront({ first: folder })
    try {
      await front.opened()
      const server = await startPageServer({ front, pageFolder, port, host })
      terminal.result({ address: server.address, workspace: folder ?? null }, () => server.address)
      terminal.note(front.current() ? `Workspace: ${front.current()}` : folder ? `${folder} could not be opened: the page says why.` : 'No workspace yet: choose one in the window.')
      await new Promise<void>((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
          process.once(signal, () => resolve())
      })
      await server.close()
    }
    finally {
      front.close() // its connection would keep this process going
    }
  }))

/** The built page; FACET_PAGE names another build. */
function findPage(): string {
  const folder = process.env.FACET_PAGE ?? join(packageRoot, 'out/renderer')
  if (!existsSync(join(folder, 'index.html')))
    throw new FacetError('not-found', 'The app\'s page is not built.', { where: folder, hint: 'npm run build makes it; npm start does so by itself.' })
  return folder
}
