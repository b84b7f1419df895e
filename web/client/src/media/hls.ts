/** A playlist of ours in a media element, or one file. The library is loaded by who plays a playlist. */

import type Hls from 'hls.js/light'

/** So much of what comes is fetched before, and so much of what was stays; what lies further on than `BEYOND_S` goes. */
const AHEAD_S = 20
const BEHIND_S = 30
const BEYOND_S = 60
/** While somebody waits for a moment, no more than this after it is fetched. */
const HURRY_S = 1
const AGAIN_MS = 2000
const MOST_MENDED = 3
/**
 * The library takes a place a hair before its first segment for one that was and is no more, and fetches what is newest. That
 * segment begins where dates of whole milliseconds put it.
 */
const WITHIN_S = 0.002

const PLAYLIST = /\.m3u8$/

/** It cannot be had (any more), or this browser cannot play it. */
export type Lost = 'gone' | 'unplayable'

export interface Told {
  /** Whether the line has stopped to bring what is wanted. It is asked for again. */
  away?(away: boolean): void
  /** A piece of it is refused, or not there: what was fetched before plays on. */
  missed?(): void
  /** Where what there is ends, in seconds of the element's time. */
  grew?(edgeS: number): void
}

export interface Attached {
  close(): void
  /** Before this there is nothing, in seconds of the element's time: a hair from 0, as its playlist was laid out. */
  readonly firstS: number
  /** Whether only what is wanted now is fetched, and nothing ahead. */
  hurry(on: boolean): void
}

/** From `startS` on. What the line does not bring is asked for again. */
export function attach(
  element: HTMLMediaElement,
  playlist: string,
  startS: number,
  lost: (why: Lost) => void,
  told: Told = {},
): Attached {
  if (!PLAYLIST.test(playlist))
    return { close: whole(element, playlist, startS, lost), firstS: 0, hurry: () => undefined }
  let over = false
  let running: Hls | undefined
  let again: ReturnType<typeof setTimeout> | undefined
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
    const hls = new Library({
      startPosition: Math.max(startS, WITHIN_S),
      maxBufferLength: AHEAD_S,
      backBufferLength: BEHIND_S,
      frontBufferFlushThreshold: BEYOND_S,
      enableWorker: false,
    })
    let mended = 0
    let away = false
    const reach = (can: boolean): void => {
      if (away === can) told.away?.((away = !can))
    }
    hls.on(Library.Events.ERROR, (_event, { fatal, type, response, details }) => {
      const code = type === Library.ErrorTypes.NETWORK_ERROR ? response?.code : undefined
      // Who asks why is told of a refusal; to others it may be allowed again.
      const missed = code === 404 || (code === 401 && told.missed !== undefined)
      if (missed) told.missed?.()
      if (!fatal) return
      if (missed) return lost('gone')
      if (type === Library.ErrorTypes.NETWORK_ERROR) {
        reach(false)
        const whole = details === Library.ErrorDetails.LEVEL_LOAD_ERROR || details.startsWith('manifest')
        later(() => (whole ? hls.loadSource(playlist) : hls.startLoad()))
      } else if (type === Library.ErrorTypes.MEDIA_ERROR && mended++ < MOST_MENDED) hls.recoverMediaError()
      else lost('unplayable')
    })
    hls.on(Library.Events.FRAG_LOADED, () => reach(true))
    hls.on(Library.Events.LEVEL_UPDATED, (_event, { details }) => told.grew?.(details.edge))
    hls.loadSource(playlist)
    hls.attachMedia(element)
    running = hls
  }
  load()
  return {
    close() {
      over = true
      clearTimeout(again)
      running?.destroy()
    },
    get firstS() {
      return (running?.latestLevelDetails?.fragmentStart ?? 0) + WITHIN_S
    },
    hurry(on) {
      if (running) running.config.maxBufferLength = on ? HURRY_S : AHEAD_S
    },
  }
}

/** A file plays by itself, as far as the browser goes. */
function whole(element: HTMLMediaElement, file: string, startS: number, lost: (why: Lost) => void): () => void {
  element.src = file
  element.currentTime = startS
  element.onerror = () => lost(element.error?.code === MediaError.MEDIA_ERR_NETWORK ? 'gone' : 'unplayable')
  return () => {
    element.onerror = null
    element.removeAttribute('src')
    element.load()
  }
}
