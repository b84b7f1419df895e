/** A picture that has not come after so long is not on its way. */
export const COMING_MS = 10_000

/** Whether what a component waits for has not come after so long. Call while it is set up. */
export function overdue(ms: number, waits: () => boolean): { readonly value: boolean } {
  let value = $state(false)
  $effect(() => {
    value = false
    if (!waits()) return
    const timer = setTimeout(() => (value = true), ms)
    return () => clearTimeout(timer)
  })
  return {
    get value() {
      return value
    },
  }
}
