/** Which picture a video shows, as far as its browser tells (Firefox before 132 does not). */

export class Shown {
  /** Its moment, in seconds of the element's time; null while another is sought. */
  atS: number | null = null

  constructor(element: HTMLMediaElement) {
    if (!(element instanceof HTMLVideoElement) || !('requestVideoFrameCallback' in element)) return
    const next = (): void => {
      element.requestVideoFrameCallback((_now, { mediaTime }) => {
        this.atS = mediaTime
        next()
      })
    }
    element.addEventListener('seeking', () => (this.atS = null))
    next()
  }
}
