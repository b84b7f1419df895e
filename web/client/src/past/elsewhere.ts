/** Where a picture is to be had whose codec this browser lacks in a call: said once for all pictures of a lesson's page. */

import { getContext, setContext } from 'svelte'
import type { Lesson } from '../net/lesson.svelte'

const LESSON = Symbol('elsewhere')

export const elsewhere = (lesson: Lesson): void => void setContext(LESSON, lesson)
export const lessonElsewhere = (): Lesson | undefined => getContext<Lesson>(LESSON)
