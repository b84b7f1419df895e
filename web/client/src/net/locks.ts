import type { State, StudentLock } from '../generated/protocol.ts'

export type Thing = StudentLock['locked'][number]

/** Whether a teacher has taken this away from a student, or from the class. As `classroom.locks.is_locked`. */
export function isLocked(state: State, participant: string, thing: Thing): boolean {
  const { everyone, students } = state.locks
  return [...everyone, ...(students[participant] ?? [])].includes(thing)
}
