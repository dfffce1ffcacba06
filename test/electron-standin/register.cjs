const { registerHooks } = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

const standIn = pathToFileURL(join(__dirname, 'electron.mjs')).href

registerHooks({
  resolve: (specifier, context, next) =>
    /^electron(?:\/(?:main|common|renderer))?$/.test(specifier) ? { url: standIn, format: 'module', shortCircuit: true } : next(specifier, context),
})
