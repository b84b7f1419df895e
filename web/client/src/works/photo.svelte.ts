/** A photo on its way: taken or chosen, made small enough here, and sent. */

import { t } from '../i18n'
import { words } from '../net/problems'
import { shrunk } from './shrink'

type Shrunk = Awaited<ReturnType<typeof shrunk>>

export class Photo {
  on = $state(false)
  /** What went wrong, in words. */
  fault = $state('')

  /** What was chosen, once; the same may be chosen again. */
  async send(picker: HTMLInputElement, send: (photo: Shrunk) => Promise<unknown>): Promise<void> {
    const file = picker.files?.[0]
    if (!file) return
    this.on = true
    this.fault = ''
    try {
      await send(await shrunk(file))
    } catch (error) {
      this.fault = error instanceof DOMException ? t('photo.unreadable') : words(error)
    }
    this.on = false
    picker.value = ''
  }
}
