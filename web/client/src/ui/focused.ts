/** For `@attach`: what takes the place of the button that was touched has the keyboard next. */
export const focused = (one: HTMLElement): void => one.focus()
