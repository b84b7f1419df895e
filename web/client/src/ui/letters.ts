/** A to J. */
export const letter = (index: number): string => String.fromCharCode(65 + index)
