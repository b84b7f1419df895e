/** Rooms by their own names, which the lesson's code tells: where only tablets are there is no seat that has it. */

import { untrack } from 'svelte'
import { SvelteMap } from 'svelte/reactivity'
import { api, type CodeInfo } from './api'
import type { Lesson } from './lesson.svelte'
import { rooms } from './people.ts'

const AGAIN_MS = 10_000
const names = new SvelteMap<string, string>()

export const nameOfRoom = (room: string): string | undefined => names.get(room)

export function learn({ rooms }: Pick<CodeInfo, 'rooms'>): void {
  for (const { id, name } of rooms) names.set(id, name)
}

/** Asks for what those are called who come. Call while a component is set up. */
export function learning(lesson: Lesson): void {
  let asked = ''
  // Of what happens in a lesson most changes nobody's place.
  const people = $derived(lesson.state.participants)
  $effect(() => {
    void people
    const strange = untrack(() => rooms(lesson.state))
      .filter((room) => !names.has(room))
      .join(' ')
    if (!strange || strange === asked || !lesson.info || lesson.ended) return
    asked = strange
    // Else with who comes or goes after a while.
    api.code(lesson.info.code).then(learn, () => setTimeout(() => (asked = ''), AGAIN_MS))
  })
}
