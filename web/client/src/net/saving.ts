import type { CommandData } from '../generated/protocol.ts'
import type { Lesson } from './lesson.svelte'

/** Whether a room saves data: as this page has just asked, else as the lesson has it. */
export function saves(lesson: Lesson, room: string): boolean {
  let on = lesson.state.saving.includes(room)
  for (const { kind, data } of lesson.pending) {
    const asked = data as CommandData['data.save']
    if (kind === 'data.save' && asked.room === room) on = asked.on
  }
  return on
}
