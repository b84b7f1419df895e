import { mount, type Component } from 'svelte'
import { learn } from '../i18n'
import { arrived } from '../net/ahead'
import { prefs } from './prefs.svelte'
import '../styles/tokens.css'
import '../styles/base.css'

const AGAIN_MS = 3000

/** Shows a page, once it has the words. */
export async function start(App: Component): Promise<void> {
  try {
    await Promise.all([learn(prefs.lang), arrived()])
  } catch {
    // Without the line there are no words, and what was not loaded once is not asked for again by the same page.
    setTimeout(() => location.reload(), AGAIN_MS)
    return
  }
  const target = document.getElementById('app')
  if (target) mount(App, { target })
}
