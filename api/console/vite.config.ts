/** How the console is built and served while developing; nothing here reaches the browser. */
import vue from '@vitejs/plugin-vue'
import { loadEnv } from 'vite'
import { defineConfig } from 'vitest/config'

const DEFAULT_API = 'http://127.0.0.1:8000'

export default defineConfig(({ mode }) => {
  const api = loadEnv(mode, '.', 'TONGXING_')['TONGXING_API_ADDRESS'] ?? DEFAULT_API
  return {
    plugins: [vue()],
    build: {
      target: 'es2022',
      // MapLibre alone is larger than Vite's warning; it is a chunk of its own and loads after the page.
      chunkSizeWarningLimit: 1300,
      // A data: URL would be refused by a strict Content-Security-Policy.
      assetsInlineLimit: 0,
      rolldownOptions: {
        checks: { pluginTimings: false },
        output: {
          // Servers that do not know .mjs would refuse to start the map's worker.
          assetFileNames: (asset) =>
            asset.names[0]?.endsWith('.mjs') ? 'assets/[name]-[hash].js' : 'assets/[name]-[hash][extname]',
        },
      },
    },
    server: { proxy: { '/api': api, '/health': api } },
    test: { include: ['tests/**/*.test.ts'], environment: 'node' },
  }
})
