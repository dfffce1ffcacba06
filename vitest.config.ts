import vue from '@vitejs/plugin-vue'
import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          include: ['test/**/*.test.ts'], // all that is not another project's: a test in a new folder runs too
          exclude: [...configDefaults.exclude, 'test/{dom,e2e}/**'],
        },
      },
      {
        extends: true,
        plugins: [vue()],
        test: {
          name: 'dom',
          environment: 'jsdom',
          include: ['test/dom/**/*.test.ts'],
          setupFiles: ['test/dom/unmount.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/build.mjs'],
          testTimeout: 180_000, // a browser, a host and a page start anew for each test
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
