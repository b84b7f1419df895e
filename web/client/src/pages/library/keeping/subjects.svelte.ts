/** What a rule may be about beside kinds and states: schools, subjects and collections, by their names. */

import { api } from '../../../net/api'
import { catalogue } from '../../../net/catalogue'
import { choices, learnNames, named } from '../catalogue/names.svelte'

export interface Choosable {
  code: string
  name: string
}

let schools = $state.raw<Choosable[]>([])
let collections = $state.raw<Choosable[]>([])

export async function learnSubjects(): Promise<void> {
  const [, allSchools, allCollections] = await Promise.all([learnNames(), api.schools(), catalogue.collections()])
  schools = allSchools.map(({ id, name }) => ({ code: id, name }))
  collections = allCollections.map(({ id, title }) => ({ code: id, name: title }))
}

const of = (all: Choosable[], code: string): string => all.find((one) => one.code === code)?.name ?? code

export const subjectsOf = {
  schools: (): Choosable[] => schools,
  collections: (): Choosable[] => collections,
  subjects: (): Choosable[] => choices('subject'),
  school: (id: string): string => of(schools, id),
  collection: (id: string): string => of(collections, id),
  subject: (code: string): string => named('subject', code),
}
