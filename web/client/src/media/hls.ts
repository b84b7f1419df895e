/** A playlist of ours in a media element. The library is loaded by who plays one. */

import type Hls from 'hls.js/light'

/** So much of what comes is fetched before. */
const AHEAD_S = 20
const AGAIN_MS = 2000
const MOST_MENDED = 3

/**
 * From `startS` on. `lost` is told that it cannot be had any more, or that this browser cannot play it; what the line does not
 * bring is asked for again. Answers how to let go of it.
 */
export function attach(
  element: HTMLMediaElement,
  playlist: string,
  startS: number,
  lost: (why: 'gone' | 'unplayable') => void,
): () => void {
  let over = false
  let again: ReturnType<typeof setTimeout> | undefined
  let close = (): void => undefined
  const later = (what: () => void): void => {
    clearTimeout(again)
    again = setTimeout(what, AGAIN_MS)
  }
  const load = (): void =>
    void import('hls.js/light').then(
      ({ default: Library }) => over || begin(Library),
      () => later(load),
    )
  const begin = (Library: typeof Hls): void => {
    if (!Library.isSupported()) {
      element.src = playlist
      element.onerror = () => lost('unplayable')
      return
    }
    const hls = new Library({ startPosition: startS, maxBufferLength: AHEAD_S, enableWorker: false })
    let mended = 0
    hls.on(Library.Events.ERROR, (_event, { fatal, type, response, details }) => {
      if (!fatal) return
      if (type === Library.ErrorTypes.NETWORK_ERROR) {
        if (response?.code === 404) return lost('gone')
        const whole = details === Library.ErrorDetails.LEVEL_LOAD_ERROR || details.startsWith('manifest')
        later(() => (whole ? hls.loadSource(playlist) : hls.startLoad()))
      } else if (type === Library.ErrorTypes.MEDIA_ERROR && mended++ < MOST_MENDED) hls.recoverMediaError()
      else lost('unplayable')
    })
    hls.loadSource(playlist)
    hls.attachMedia(element)
    close = () => hls.destroy()
  }
  load()
  return () => {
    over = true
    clearTimeout(again)
    close()
  }
}
