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
    vue: false,
    ignores: ['out', '**/*.md', 'resources'],
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
      'no-restricted-imports': restrict(['#main/*', '#worker/*', 'electron'], 'shared imports nothing of ours but shared: move the code, or pass it in.'),
    },
  },
  {
    files: ['src/main/**'],
    rules: {
      'no-restricted-imports': restrict([
        '#worker/*',
        'electron',
        '@tensorflow/*',
        'sharp',
      ], 'The host neither computes nor decodes images: ask a worker.'),
    },
  },
  {
    files: ['src/worker/**'],
    rules: {
      'no-restricted-imports': restrict(['#main/*', 'electron', 'kysely'], 'A worker knows its order and sealed files only: take it from the order, or move it to shared.'),
    },
  },
)
