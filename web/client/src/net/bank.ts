/** The question bank, as the pages use it. */

import type { Question } from '../generated/protocol.ts'
import { fetched, request, send } from './request'

/** A question without how it is run. */
export type Asked = Omit<Question, 'activity' | 'seconds' | 'anonymous' | 'changeable'> & Record<string, unknown>

export interface Labelled {
  folder: string
  tags: string[]
  level: string
  language: string
  shared: boolean
}

export interface Banked extends Labelled {
  id: string
  question: Asked
  mine: boolean
  /** Whose it is, where it is not mine. */
  by: string | null
}

export interface Label {
  label: string
  questions: number
}

export interface Labels {
  folders: Label[]
  levels: Label[]
  tags: Label[]
  points: Label[]
  formats: string[]
}

export interface Wanted {
  words?: string
  folder?: string
  level?: string
  tag?: string
  point?: string
}

/** What of a file was not understood: `message` says it in English, as `code` with `fields` does in any language. */
export interface FileNote {
  line: number | null
  code: string
  fields: Record<string, string | number>
  message: string
}

export interface Imported {
  understood: number
  kept: boolean
  /** Pictures and sounds that came onto the shelf. */
  media: number
  notes: FileNote[]
}

export interface Exported {
  file: Blob
  name: string
  /** Questions that the format has no place for, of each type, and how many are in it without their picture or sound. */
  types: readonly (readonly [string, number])[]
  bare: number
}

/** Whether it shows or plays something of its owner's shelf. */
export const hasMedia = ({ picture, sound, pictures, target_pictures, questions }: Record<string, unknown>): boolean =>
  [picture, sound, pictures, target_pictures].some((one) => one !== undefined) ||
  ((questions ?? []) as Record<string, unknown>[]).some(hasMedia)

const BANK = '/api/v1/questions'
const one = (id: string): string => `${BANK}/${encodeURIComponent(id)}`

const query = (values: object): string =>
  Object.entries(values)
    .filter(([, value]) => value !== '' && value !== undefined)
    .map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`)
    .join('&')

export const bank = {
  list: (wanted: Wanted, since = 0) =>
    request<{ questions: Banked[]; of: number }>('GET', `${BANK}?${query({ ...wanted, since })}`),
  labels: () => request<Labels>('GET', `${BANK}/labels`),
  keep: (question: object, labels: Partial<Labelled> = {}) => request<Banked>('POST', BANK, { question, ...labels }),
  change: (id: string, change: Partial<Labelled> & { question?: object }) => request<Banked>('PATCH', one(id), change),
  remove: (id: string) => request<void>('DELETE', one(id)),
  get: (id: string) => request<Banked>('GET', one(id)),
  copy: (id: string) => request<Banked>('POST', `${one(id)}/copy`),
  importFile: (file: File) => send<Imported>(`${BANK}/import?${query({ name: file.name })}`, file),
  async exportFile(wanted: Wanted, format: string): Promise<Exported> {
    const { file, headers } = await fetched(`${BANK}/export?${query({ ...wanted, format })}`)
    const types = (headers.get('X-Left-Out-Types') ?? '').split(', ').filter(Boolean)
    return {
      file,
      name: /filename="([^"]*)"/.exec(headers.get('Content-Disposition') ?? '')?.[1] ?? `questions.${format}`,
      types: types.map((one) => [one.replace(/=.*/, ''), Number(one.replace(/.*=/, ''))]),
      bare: Number(headers.get('X-Without-Media') ?? 0),
    }
  },
}
