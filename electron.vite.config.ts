import { resolve } from 'node:path'
import { defineConfig } from 'electron-vite'
import { pageConfig } from './scripts/app/page-config.ts'

// Only what cannot run from its source is bundled: Electron's main process, the preload script and the page. The host and
// the workers run as TypeScript on the pinned Node 24.
export default defineConfig({
  main: {
    build: {
      externalizeDeps: false, // a package's archive holds no node_modules
      rolldownOptions: {
        input: { index: resolve(import.meta.dirname, 'src/main/index.ts') },
      },
    },
  },
  preload: {
    build: {
      externalizeDeps: false, // a sandboxed preload cannot require() packages
      rolldownOptions: {
        input: { index: resolve(import.meta.dirname, 'src/preload/index.ts') },
        output: { format: 'cjs', entryFileNames: '[name].cjs' }, // a sandboxed preload must be CommonJS
      },
    },
  },
  renderer: pageConfig(import.meta.dirname),
})
