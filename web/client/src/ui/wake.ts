/** Keeps the screen on while the page is looked at. Returns how to stop. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null
  let wanted = true
  async function ask(): Promise<void> {
    if (!wanted || document.hidden || !('wakeLock' in navigator)) return
    try {
      lock = await navigator.wakeLock.request('screen')
      if (!wanted) await lock.release()
    } catch {
      // Refused on low battery, and outside secure contexts; the device's own setting then decides.
    }
  }
  const again = () => void ask()
  document.addEventListener('visibilitychange', again)
  void ask()
  return () => {
    wanted = false
    document.removeEventListener('visibilitychange', again)
    void lock?.release()
  }
}
