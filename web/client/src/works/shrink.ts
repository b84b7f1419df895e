/** A photo as it is sent: as wide as anybody sees it. */

/** Wider than this nobody sees, and a village's line would carry it for minutes. */
const MOST_PX = 1920
const QUALITY = 0.85

export interface Shrunk {
  blob: Blob
  size: { width: number; height: number }
}

/** As it is seen: the browser turns what a phone has only marked as turned. Throws DOMException where it is no picture. */
export async function shrunk(file: File): Promise<Shrunk> {
  const image = new Image()
  image.src = URL.createObjectURL(file)
  try {
    await image.decode()
    const scale = Math.min(1, MOST_PX / Math.max(image.naturalWidth, image.naturalHeight))
    const canvas = document.createElement('canvas')
    canvas.width = Math.round(image.naturalWidth * scale)
    canvas.height = Math.round(image.naturalHeight * scale)
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY))
    return { blob: blob ?? file, size: { width: canvas.width, height: canvas.height } }
  } finally {
    URL.revokeObjectURL(image.src)
  }
}
