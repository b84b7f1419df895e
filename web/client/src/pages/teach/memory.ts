/** What this tab remembers of a lesson between two loads of the page. */

function mark(key: string): void {
  try {
    sessionStorage.setItem(key, '1')
  } catch {
    // Without storage the page asks once more.
  }
}

function marked(key: string): boolean {
  try {
    return sessionStorage.getItem(key) !== null
  } catch {
    return false
  }
}

/** *Start a lesson now* was pressed: the lesson begins as the teacher enters it. */
export const beginAtOnce = (lesson: string) => mark(`begin:${lesson}`)
export const beginsAtOnce = (lesson: string) => marked(`begin:${lesson}`)

/** The device check was passed in this tab: a reload in mid-lesson goes straight back to the desk. */
export const passCheck = (lesson: string) => mark(`checked:${lesson}`)
export const passedCheck = (lesson: string) => marked(`checked:${lesson}`)
