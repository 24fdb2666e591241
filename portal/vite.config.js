import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const HERALD = process.env.HERALD_URL ?? 'http://127.0.0.1:3000'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/portal/',
  plugins: [react()],
  build: {
    outDir: '../dist/portal',
    emptyOutDir: true,
    manifest: 'manifest.json',
    // Nothing inline: the content security policy would refuse it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: 'es2022',
    // Those that know light-dark(), which is left as it is then.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
  },
  // `npx vite portal` for work on the portal, beside a Herald that runs.
  server: { proxy: { '/v1': HERALD, '/openapi.json': HERALD } },
})
