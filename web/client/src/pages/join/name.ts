/** The name that was given last, in this tab. */

const KEY = 'name'

export function kept(): string {
  try {
    return sessionStorage.getItem(KEY) ?? ''
  } catch {
    return ''
  }
}

export function keep(name: string): void {
  try {
    sessionStorage.setItem(KEY, name)
  } catch {
    // A reload will ask for the name again.
  }
}
