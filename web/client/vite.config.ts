import { svelte } from '@sveltejs/vite-plugin-svelte'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'

const faces = ['index', 'setup', 'teach', 'display', 'join', 'library', 'staff', 'trust', 'watch', 'shared']
const here = import.meta.dirname
const COMMON =
  /node_modules\/(svelte|esm-env|clsx)\/|src\/(i18n|styles)\/|src\/net\/(ahead|api|carried|entry|problems|request)\.|src\/ui\/(Appearance|Brand|Field|Frame|Icon|Notice|SignIn|prefs|start)\./
/** Packing less than this saves no packet. */
const SMALL_BYTES = 500

/** The faces' pages are one file, page.html, but for their names. In development they stand at the server's own addresses. */
function pages(): Plugin {
  const page = async (face: string) =>
    (await readFile(resolve(here, 'page.html'), 'utf8'))
      .replaceAll('{face}', face)
      .replace('{scheme}', face === 'display' ? 'dark' : 'light')
  const faceOf = new Map(faces.map((face) => [resolve(here, `${face}.html`), face]))
  return {
    name: 'pages',
    resolveId: (id) => (faceOf.has(id) ? id : null),
    load(id) {
      const face = faceOf.get(id)
      return face === undefined ? null : page(face)
    },
    configureServer({ middlewares, transformIndexHtml }) {
      middlewares.use((request, response, next) => {
        const url = request.url ?? '/'
        const face = url.split(/[/?]/)[1] || 'index'
        if (!faces.includes(face)) return next()
        page(face)
          .then((html) => transformIndexHtml(url, html))
          .then((html) => response.setHeader('Content-Type', 'text/html').end(html), next)
      })
    },
  }
}

/** What runs before the first paint has its content's hash in its name, as all that never changes, so that no page waits to
 *  hear that it is the same. Of each language it is told where the words are. */
function first(): Plugin {
  let name = ''
  return {
    name: 'first',
    apply: 'build',
    async buildStart() {
      const source = await readFile(resolve(here, 'public/prefs.js'))
      name = `assets/prefs-${createHash('sha256').update(source).digest('hex').slice(0, 8)}.js`
      this.emitFile({ type: 'asset', fileName: name, source })
    },
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const words = Object.values(bundle).flatMap((file) => {
          const language = file.type === 'chunk' && /messages\/([\w-]+)\.json$/.exec(file.facadeModuleId ?? '')
          return language ? [` data-words-${language[1]?.toLowerCase()}="/${file.fileName}"`] : []
        })
        return html.replace('src="/prefs.js"', `src="/${name}"${words.join('')}`)
      },
    },
  }
}

/** Svelte scopes by `:where(.svelte-…)`, which Chromium 87 drops together with the rule. The class alone means the same. */
function plainScopes(): Plugin {
  return {
    name: 'plain-scopes',
    generateBundle: {
      order: 'post', // where all styles are one sheet, it is made as late as this
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          if (file.type === 'asset' && file.fileName.endsWith('.css')) {
            file.source = String(file.source).replace(/:where\((\.svelte-[\w-]+)\)/g, '$1')
          }
        }
      },
    },
  }
}

/** KaTeX names each font in three forms. Every engine that shows these pages takes the first. */
function oneFont(): Plugin {
  return {
    name: 'one-font',
    enforce: 'pre',
    transform: (code, id) =>
      /katex.*\.css$/.test(id) ? code.replace(/,url\([^)]*\) format\("(?:woff|truetype)"\)/g, '') : null,
  }
}

/** Writes .gz and .br beside every text file, so that the server only chooses. */
function precompressed(): Plugin {
  return {
    name: 'precompressed',
    apply: 'build',
    async writeBundle({ dir = '' }, bundle) {
      const params = { [constants.BROTLI_PARAM_QUALITY]: 11 }
      await Promise.all(
        Object.keys(bundle).map(async (name) => {
          if (!/\.(js|css|html|svg)$/.test(name)) return
          const path = resolve(dir, name)
          const bytes = await readFile(path)
          if (bytes.length < SMALL_BYTES) return
          await Promise.all([
            promisify(gzip)(bytes, { level: 9 }).then((packed) => writeFile(`${path}.gz`, packed)),
            promisify(brotliCompress)(bytes, { params }).then((packed) => writeFile(`${path}.br`, packed)),
          ])
        }),
      )
    },
  }
}

/** What every page is compiled by. */
export const compiled = () => [svelte({ configFile: false }), oneFont(), plainScopes()]

const server = process.env.TONGKE_SERVER ?? 'http://localhost:8443'

export default defineConfig({
  root: here,
  plugins: [pages(), first(), ...compiled(), precompressed()],
  build: {
    target: 'chrome87',
    cssTarget: 'chrome87',
    outDir: resolve(here, '../server/static'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What makes PDF is large, and loaded by who wants one.
    chunkSizeWarningLimit: 1000,
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: Object.fromEntries(faces.map((face) => [face, resolve(here, `${face}.html`)])),
      // What every face is made of is one file and one sheet: each further one costs an old tablet some milliseconds.
      output: { codeSplitting: { groups: [{ name: 'common', test: COMMON }] } },
    },
  },
  server: {
    proxy: {
      '/api': server,
      '/socket.io': { target: server, ws: true },
    },
  },
})
