import antfu from '@antfu/eslint-config'

function restrict(group, message) {
  return [
    'error',
    {
      patterns: [
        { group, message },
      ],
    },
  ]
}

export default antfu(
  {
    typescript: true,
    vue: true,
    // the last ones a build writes and removes while the tests check
    ignores: ['out', 'dist', '**/*.md', 'resources', 'electron.vite.config.*.mjs'],
  },
  {
    rules: {
      'no-console': 'off',
      'antfu/reasonable-newline': 'off',
      'style/multiline-ternary': 'off',
      'no-template-curly-in-string': 'off',
      'ts/no-redeclare': 'off',
      'node/prefer-global/process': 'off',
      'node/prefer-global/buffer': 'off',
      'antfu/no-top-level-await': 'off',
      'style/max-statements-per-line': 'off',
    },
  },
  {
    files: ['src/shared/**'],
    rules: {
      'no-restricted-imports': restrict(['#main/*', '#worker/*', '#renderer/*', 'electron', 'vue'], 'shared imports nothing of ours but shared: move the code, or pass it in.'),
    },
  },
  {
    files: ['src/main/**'],
    rules: {
      'no-restricted-imports': restrict([
        '#worker/*',
        '#renderer/*',
        'electron',
        '@tensorflow/*',
        'sharp',
      ], 'The host neither computes nor decodes images: ask a worker. Electron belongs to src/main/index.ts and src/main/window.'),
    },
  },
  {
    files: ['src/main/index.ts', 'src/main/window/**', 'src/preload/**'],
    rules: {
      'no-restricted-imports': restrict(['#worker/*', '#renderer/*', 'better-sqlite3', 'kysely', '@tensorflow/*', 'sharp'], 'Electron\'s process holds no workspace: the host process does.'),
    },
  },
  {
    files: ['src/renderer/**'],
    rules: {
      'no-restricted-imports': restrict(['#main/*', '#worker/*', 'electron', 'node:*'], 'The page knows the contract in shared and nothing behind it.'),
    },
  },
  {
    files: ['src/worker/**'],
    rules: {
      'no-restricted-imports': restrict(['#main/*', '#renderer/*', 'electron', 'kysely'], 'A worker knows its order and sealed files only: take it from the order, or move it to shared.'),
    },
  },
  {
    // Electron's own objects refer to each other in a circle, and so do those that stand in for them.
    files: ['test/electron-standin/**'],
    rules: { 'no-use-before-define': 'off' },
  },
  {
    // Playwright's innerText is what a person sees; hidden text is not.
    files: ['test/e2e/**'],
    rules: { 'unicorn/prefer-dom-node-text-content': 'off' },
  },
)
