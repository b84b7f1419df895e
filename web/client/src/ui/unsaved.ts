/** For `onbeforeunload`: the browser asks before it leaves what is not saved. Older ones look at `returnValue` alone. */
export function asks(event: BeforeUnloadEvent): void {
  event.preventDefault()
  event.returnValue = true
}
