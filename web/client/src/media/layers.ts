/** In which sizes a picture is sent at once, so that a small tile does not cost what a big screen does. Pure. */

/** `rid`: l(ow), m(iddle), h(igh); none where there is one size only. */
export interface Layer {
  rid?: 'l' | 'm' | 'h'
  scaleResolutionDownBy?: number
  maxBitrate: number
}

const LOW = { height: 180, maxBitrate: 150_000 }
const MIDDLE = { height: 360, maxBitrate: 600_000 }
/** A picture as large as this has a size between: a room's display would else have to choose between far too much and too little. */
const LARGE_HEIGHT = 1080

/** Bits per second that a sender may use, by the height of its picture: Ultra HD 25 Mbit/s, as an encoder would. */
function ceilingFor(height: number): number {
  if (height > 1440) return 25_000_000
  if (height > 1080) return 12_000_000
  if (height > 720) return 8_000_000
  if (height > 480) return 2_500_000
  return 1_000_000
}

/** What brings a picture near a height with whole numbers of pixels: encoders take several sizes at once only in one shape. */
function divisor(width: number, height: number, wanted: number): number {
  const whole = Array.from({ length: Math.floor(height / 2) }, (_, i) => i + 1)
    .filter((by) => width % by === 0 && height % by === 0 && Math.abs(height / by - wanted) <= wanted / 3)
    .sort((a, b) => Math.abs(height / a - wanted) - Math.abs(height / b - wanted))
  return whole[0] ?? height / wanted
}

/** Low to high: in this order Chromium shares out what the line bears. */
export function layersOf(width: number, height: number): Layer[] {
  const [long, short] = width > height ? [width, height] : [height, width]
  const full = { maxBitrate: ceilingFor(short) }
  if (short < 1.5 * LOW.height) return [full]
  const scaled = ({ height: wanted, maxBitrate }: typeof LOW) => ({
    scaleResolutionDownBy: divisor(long, short, wanted),
    maxBitrate,
  })
  return [
    { rid: 'l', ...scaled(LOW) },
    ...(short >= LARGE_HEIGHT ? [{ rid: 'm' as const, ...scaled(MIDDLE) }] : []),
    { rid: 'h', ...full },
  ]
}
