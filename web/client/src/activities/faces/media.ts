/** Where the pictures and sounds of a page's questions are, said once for all that is in it. */

import { getContext, setContext } from 'svelte'
import { located } from '../../net/carried'
import { slideAddress } from '../../net/slides.svelte'

const BASE = Symbol('media')

/** `base`: of the lesson (`ofLesson`), or of its recording (`ofRecording`); of what is played, where that changes. */
export const mediaAt = (base: string | (() => string)): void =>
  void setContext(BASE, typeof base === 'string' ? () => base : base)

const SIZES = [320, 960, 1920]

export interface Media {
  picture: (courseware: string) => { src: string; srcset: string }
  sound: (courseware: string) => string
}

export function media(): Media {
  const base = getContext<() => string>(BASE)
  const at = (courseware: string, box: number): string => slideAddress(base(), courseware, 1, box)
  return {
    picture: (courseware) => ({
      src: at(courseware, 960),
      srcset: SIZES.map((box) => `${at(courseware, box)} ${box}w`).join(', '),
    }),
    sound: (courseware) => located(`${base()}/${encodeURIComponent(courseware)}/media`),
  }
}
