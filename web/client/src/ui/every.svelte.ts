/** A number read again every so often, for clocks in templates. Call while a component is set up. */
export function every(ms: number, read: () => number): { readonly value: number } {
  let value = $state(read())
  $effect(() => {
    value = read()
    const timer = setInterval(() => (value = read()), ms)
    return () => clearInterval(timer)
  })
  return {
    get value() {
      return value
    },
  }
}
