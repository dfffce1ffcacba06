import type { Plugin, UserConfig } from 'vite'
import { join } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { pagePolicy } from '../../src/main/security/csp.ts'

/** How the page is bundled: the same for the app, its development server and its tests. */
export function pageConfig(root: string): UserConfig {
  return {
    root: join(root, 'src/renderer'),
    base: './',
    plugins: [vue(), securityPolicy()],
    build: {
      minify: true,
      assetsInlineLimit: 0, // data: addresses of fonts and scripts would need holes in the content security policy
      modulePreload: { polyfill: false }, // an inline script, which the policy forbids
      chunkSizeWarningLimit: 2_000,
      rolldownOptions: {
        input: { index: join(root, 'src/renderer/index.html') },
      },
    },
  }
}

/** Writes the content security policy into the built page; the development server needs scripts of its own and goes without. */
function securityPolicy(): Plugin {
  return {
    name: 'facet-security-policy',
    apply: 'build',
    transformIndexHtml: () => [{ tag: 'meta', attrs: { 'http-equiv': 'Content-Security-Policy', 'content': pagePolicy }, injectTo: 'head-prepend' }],
  }
}
