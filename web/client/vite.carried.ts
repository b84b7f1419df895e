/** The player of an exported recording: one script and one sheet, for a page that is opened from a disk. Such a page may load
 *  no modules and no fonts but its own (https://html.spec.whatwg.org/#cors-settings-attributes on `file:`). */

import { resolve } from 'node:path'
import { defineConfig } from 'vite'
import { compiled } from './vite.config.ts'

const here = import.meta.dirname

export default defineConfig({
  root: here,
  publicDir: false,
  plugins: compiled(),
  build: {
    target: 'chrome87',
    cssTarget: 'chrome87',
    outDir: resolve(here, '../server/static/carried'),
    emptyOutDir: true,
    assetsInlineLimit: () => true,
    cssCodeSplit: false,
    modulePreload: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4000,
    rolldownOptions: {
      checks: { pluginTimings: false, emptyImportMeta: false },
      input: resolve(here, 'src/pages/carried/main.ts'),
      output: {
        format: 'iife',
        codeSplitting: false,
        entryFileNames: 'player.js',
        assetFileNames: 'player[extname]',
      },
    },
  },
})
