/** What this person chose on this device: language, theme, text size. `public/prefs.js` applies it before the first paint. */

export type Theme = 'light' | 'dark' | 'contrast'
export type TextSize = 'normal' | 'large'

interface Stored {
  lang?: string
  theme?: Theme
  text?: TextSize
}

const root = document.documentElement

function read(): Stored {
  try {
    return (JSON.parse(localStorage.getItem('prefs') ?? '{}') as Stored | null) ?? {}
  } catch {
    return {}
  }
}

class Prefs {
  lang = $state(root.lang)
  theme = $state<Theme>((root.dataset.theme as Theme | undefined) ?? 'light')
  text = $state<TextSize>((root.dataset.text as TextSize | undefined) ?? 'normal')

  set(change: Stored): void {
    const kept = { ...read(), ...change }
    try {
      localStorage.setItem('prefs', JSON.stringify(kept))
    } catch {
      // A private window may refuse; the choice then lasts as long as the page.
    }
    if (change.lang) this.lang = root.lang = change.lang
    if (change.theme) this.theme = (root.dataset.theme = change.theme) as Theme
    if (change.text) this.text = (root.dataset.text = change.text) as TextSize
  }
}

export const prefs = new Prefs()
