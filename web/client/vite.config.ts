import { svelte } from '@sveltejs/vite-plugin-svelte'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const faces = ['index', 'setup', 'teach', 'display', 'join', 'library', 'staff', 'trust']
const here = import.meta.dirname

/** Svelte scopes by `:where(.svelte-…)`, which Chromium 87 drops together with the rule. The class alone means the same. */
function plainScopes(): Plugin {
  return {
    name: 'plain-scopes',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'asset' && file.fileName.endsWith('.css')) {
          file.source = String(file.source).replace(/:where\((\.svelte-[\w-]+)\)/g, '$1')
        }
      }
    },
  }
}

/** Writes .gz and .br beside every text file, so that the server only chooses. */
function precompressed(): Plugin {
  return {
    name: 'precompressed',
    apply: 'build',
    enforce: 'post',
    async generateBundle(_options, bundle) {
      await Promise.all(
        Object.values(bundle).map(async (file) => {
          if (!/\.(js|css|html|svg)$/.test(file.fileName)) return
          const bytes = Buffer.from(file.type === 'chunk' ? file.code : file.source)
          if (bytes.length < 500) return
          const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
          const [gz, br] = await Promise.all([
            promisify(gzip)(bytes, { level: 9 }),
            promisify(brotliCompress)(bytes, { params }),
          ])
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.gz`, source: gz })
          this.emitFile({ type: 'asset', fileName: `${file.fileName}.br`, source: br })
        }),
      )
    },
  }
}

const server = process.env.TONGKE_SERVER ?? 'http://localhost:8443'

export default defineConfig({
  root: here,
  plugins: [svelte({ configFile: false }), plainScopes(), precompressed()],
  build: {
    target: 'chrome87',
    cssTarget: 'chrome87',
    outDir: resolve(here, '../server/static'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      input: Object.fromEntries(faces.map((face) => [face, resolve(here, `${face}.html`)])),
    },
  },
  server: {
    proxy: {
      '/api': server,
      '/socket.io': { target: server, ws: true },
    },
  },
})
