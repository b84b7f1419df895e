/** What slides are called: the first words that stand on them. Fetched once for a recording; until then they have none. */

import { getContext, setContext } from 'svelte'
import { api } from '../../net/api'

const KEY = Symbol('titles')
const MOST = 60

export class Titles {
  private texts = $state.raw<Readonly<Record<string, readonly string[]>>>({})

  async load(resource: string): Promise<void> {
    const found = await api.slidesTexts(resource)
    this.texts = {
      ...this.texts,
      ...Object.fromEntries(found.map(({ courseware, texts }) => [courseware, texts])),
    }
  }

  of(courseware: string, slide: number): string | null {
    const line = this.texts[courseware]?.[slide - 1]?.split('\n').find((one) => one.trim() !== '')
    const words = line?.trim().replace(/\s+/g, ' ') ?? ''
    return words.length > MOST ? `${words.slice(0, MOST)}…` : words || null
  }
}

export const titled = (titles: Titles): Titles => setContext(KEY, titles)
export const titles = (): Titles => getContext(KEY)
