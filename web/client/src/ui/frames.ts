/** Resolves once what is drawn by now has been painted. */
export const painted = (): Promise<void> => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
