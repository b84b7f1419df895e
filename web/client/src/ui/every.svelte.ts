/** Something read again every so often: a clock, or what changes faster than it need be seen. Call while a component is set up. */
export function every<T>(ms: number, read: () => T): { readonly value: T } {
  let value = $state.raw(read())
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
