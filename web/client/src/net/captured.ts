/** What a page captures of who sits there goes out. */

import type { Captured } from '../media/devices'
import { Publisher } from '../media/publish'
import type { Lesson } from './lesson.svelte'

/** In the place of what went out before, where that was anything else: who sees and hears it is told of a device that is
 * gone, too. */
export function send(lesson: Lesson, { camera, microphone }: Captured, as: 'camera' | 'room' | 'student'): void {
  const tracks = [
    ...(camera ? [{ track: camera, source: as }] : []),
    ...(microphone ? [{ track: microphone, source: 'mic' as const }] : []),
  ]
  if (tracks.length && lesson.own?.isOf(tracks)) return
  lesson.publish(tracks.length ? new Publisher(lesson.peerOptions, tracks) : null)
}
