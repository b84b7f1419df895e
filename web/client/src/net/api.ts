/** The server's REST surface, as the pages use it. */

import { forgetSession, request, sendBy, session, tus, type Session } from './request.ts'

export type LessonPhase = 'prepared' | 'open' | 'live' | 'ended'
export interface Lesson {
  id: string
  title: string
  code: string
  phase: LessonPhase
  created_at: number
  scheduled_at: number | null
  started_at: number | null
  ended_at: number | null
  recording: boolean
  participants: number
  /** Whether this account may lead it. */
  mine: boolean
}
export interface Room {
  id: string
  name: string
}
export interface School {
  id: string
  name: string
  recording: boolean
  /** Whether who joins from a room chooses a name from its roster. */
  names_offered: boolean
  comments: boolean
  ratings: boolean
}
/** Whether resources are commented and rated here; of stars nothing is told while fewer than three gave any. */
export interface Opinions {
  comments: boolean
  ratings: boolean
  mine: number | null
  count: number | null
  mean: number | null
}
/** A room as its keepers see it: its display, null where none is paired, and how many names its roster has. */
export interface KeptRoom extends Room {
  school: string
  display: { paired_at: number; online: boolean } | null
  names: number
}
/** What a display is to do now. */
export type Told =
  | { state: 'unpaired'; code: string; expires_in: number }
  | { state: 'waiting'; room: Room; school: string; next: { title: string; scheduled_at: number } | null }
  | { state: 'lesson'; room: Room; lesson: string; seat: string }
export interface CodeInfo {
  lesson: string
  title: string
  phase: LessonPhase
  rooms: Room[]
}
/** `taken` are the places in `names` of those by which someone in the room goes already. */
export interface RosterNames {
  names: string[]
  taken: number[]
}
export type Role = 'lead_teacher' | 'local_teacher' | 'display' | 'student' | 'observer' | 'encoder'
export interface SeatInfo {
  seat: string
  lesson: string
  participant: string
  role: Role
  room: string | null
}
export interface TokenInfo {
  token: string
  expires_in: number
  lesson: string
  participant: string
  role: Role
  room: string | null
  name: string
  title: string
  code: string
}
/** What a class or a group wrote together: updates of Yjs, as base64. */
export interface Notes {
  /** `class`, or a group. */
  notes: string
  name: string | null
  updates: string[]
}
/** Who was in a lesson, by its clock in milliseconds. */
export interface Attendance {
  participant: string
  name: string
  role: Role
  room: string | null
  room_name: string
  spells: { from_ms: number; to_ms: number }[]
  late: boolean
  left_early: boolean
  called: number
  rolls: { activity: string; here: boolean }[]
}
export interface Resource {
  id: string
  title: string
  kind: string
  lesson: string | null
  created_at: number
  /** Null while it is still being recorded. */
  duration_ms: number | null
  status: string
  owner: string | null
  owner_name: string
  school: string | null
  school_name: string
  state: 'draft' | 'self_reviewed' | 'submitted' | 'published' | 'withdrawn'
  state_at: number
  published_at: number | null
  subject: string
  grade: string
  edition: string
  type: string
  language: string
  licence: string
  audience: string
  reach: 'school' | 'all'
  points: string[]
  mime: string
  bytes: number
  /** The state of the change that it is about to have, for its owner and the staff. */
  change: string | null
}
/** A recording of another installation, taken in as it is: no journal of ours, so it is neither cut nor joined. */
export const isImported = ({ kind, lesson }: Pick<Resource, 'kind' | 'lesson'>): boolean =>
  kind === 'recording' && lesson === null

export interface Track {
  id: string
  source: string
  participant: string
  kind: 'audio' | 'video'
  codec: string
  start_ms: number
  end_ms: number | null
  /** Where something that was sent did not arrive, `[from_ms, to_ms]`: the picture stands still. */
  gaps?: [number, number][]
  playlist: string
  /** The same sound in AAC, for players that lack Opus; null until it is made. */
  aac: string | null
}

/** `cuts`, `[from_ms, to_ms]` of the lesson's clock, were taken out: playlists close up over them, the clock does not. */
export type ResourceWhole = Resource & {
  tracks: Track[]
  cuts: [number, number][]
  may_edit: boolean
  /** By a link, without an account; whether that gives files to keep; whether pupils are told by their names. */
  by_link?: boolean
  may_download?: boolean
  named?: boolean
  description: string
  contributors: { name: string; role: 'author' | 'teacher' | 'editor' | 'publisher' }[]
  target: string
  version: number
  /** How many an upload has that is a PDF or a picture. */
  pages?: number
}

export interface CaptionsRow {
  language: string
  revision: string
  origin: 'file' | 'edited' | 'service'
  count: number
  changed_at: number
}
export interface StoredCue {
  start_ms: number
  end_ms: number
  text: string
  speaker: string
  settings: string
}
/** `from_ms`: the recording's beginning, from which captions count, on the lesson's clock. */
export interface CaptionsOf {
  from_ms: number
  may_edit: boolean
  captions: CaptionsRow[]
  /** The languages of which a file is to be had. */
  files: string[]
  service: boolean
  captioning: {
    status: 'waiting' | 'asked' | 'done' | 'failed'
    progress: number | null
    fault: string | null
  } | null
}
/** What somebody noted at a moment of a recording; `name` where it was somebody else. */
export interface Remark {
  id: string
  at: number
  text: string
  shared: boolean
  /** For the recording's owner and the staff alone. */
  review: boolean
  created_at: number
  mine: boolean
  name: string | null
  may_remove: boolean
}

/** Something on one's shelf; `offset` of its `bytes` are there, `progress` is the conversion's, 0 to 1, while it goes on. */
export interface Courseware {
  id: string
  name: string
  bytes: number
  created_at: number
  status: 'uploading' | 'waiting' | 'ready' | 'failed'
  fault: string | null
  kind: 'slides' | 'audio' | 'video' | 'simulation' | null
  slides: number
  boxes: number[]
  duration_ms: number | null
  offset: number
  progress: number | null
  /** Lessons that showed it keep it when it is taken off the shelf. */
  kept: boolean
}

/** What of the shelf has the words that were looked for; on which slides, where it is not only its name. */
export interface Found {
  courseware: string
  slides: { slide: number; text: string }[]
}

/** UTF-8 in base64. */
const base64 = (words: string): string =>
  btoa(Array.from(new TextEncoder().encode(words), (byte) => String.fromCharCode(byte)).join(''))

const id = encodeURIComponent

/** Where the captions of a recording in one language are, as WebVTT. */
export const captionsAddress = (resource: string, language: string): string =>
  `/api/v1/resources/${id(resource)}/captions/${id(language)}`

export const api = {
  session,
  async signIn(login: string, password: string): Promise<Session> {
    await request('POST', '/api/v1/session', { login, password })
    return session()
  },
  async signOut(): Promise<void> {
    await request('DELETE', '/api/v1/session')
    forgetSession()
  },
  async setup(data: { secret: string; login: string; password: string; name: string; school: string }): Promise<void> {
    await request('POST', '/api/v1/setup', data)
    forgetSession()
  },
  async link(
    secret: string,
  ): Promise<{ kind: 'account' } | { kind: 'seat'; seat: string; lesson: string; role: Role }> {
    const found = await request<{ kind: 'account' } | { kind: 'seat'; seat: string; lesson: string; role: Role }>(
      'POST',
      '/api/v1/links',
      { secret },
    )
    forgetSession()
    return found
  },
  lessons: () => request<Lesson[]>('GET', '/api/v1/lessons'),
  lesson: (lesson: string) => request<Lesson>('GET', `/api/v1/lessons/${id(lesson)}`),
  notes: (lesson: string) => request<Notes[]>('GET', `/api/v1/lessons/${id(lesson)}/notes`),
  attendance: (lesson: string) => request<Attendance[]>('GET', `/api/v1/lessons/${id(lesson)}/attendance`),
  /** The same for spreadsheets. */
  attendanceTable: (lesson: string) => `/api/v1/lessons/${id(lesson)}/attendance.csv`,
  createLesson: (data: { title: string; recording?: boolean; lobby?: boolean; rooms?: string[] }) =>
    request<Lesson>('POST', '/api/v1/lessons', data),
  code: (code: string) => request<CodeInfo>('GET', `/api/v1/codes/${id(code)}`),
  /** The names to choose one's own from; empty where the school shows none. */
  rosterNames: (code: string, room: string) =>
    request<RosterNames>('GET', `/api/v1/codes/${id(code)}/rooms/${id(room)}/names`),
  display: (instance: string) => request<Told>('POST', '/api/v1/display', { instance }),
  schools: () => request<School[]>('GET', '/api/v1/schools'),
  createSchool: (name: string) => request<School>('POST', '/api/v1/schools', { name }),
  changeSchool: (school: string, data: Partial<Omit<School, 'id' | 'name'>>) =>
    request<School>('PATCH', `/api/v1/schools/${id(school)}`, data),
  rooms: () => request<KeptRoom[]>('GET', '/api/v1/rooms'),
  createRoom: (school: string, name: string) => request<KeptRoom>('POST', '/api/v1/rooms', { school, name }),
  pair: (room: string, code: string) => request<KeptRoom>('PUT', `/api/v1/rooms/${id(room)}/display`, { code }),
  unpair: (room: string) => request<KeptRoom>('DELETE', `/api/v1/rooms/${id(room)}/display`),
  roster: (room: string) => request<{ names: string[] }>('GET', `/api/v1/rooms/${id(room)}/roster`),
  putRoster: (room: string, names: string[]) =>
    request<{ names: string[] }>('PUT', `/api/v1/rooms/${id(room)}/roster`, { names }),
  eraseRoster: (room: string) => request<void>('DELETE', `/api/v1/rooms/${id(room)}/roster`),
  seat: (data: Record<string, string>) => request<SeatInfo>('POST', '/api/v1/seats', data),
  token: (seat: string) => request<TokenInfo>('POST', `/api/v1/seats/${id(seat)}/token`, {}),
  peer: (
    token: string,
    lesson: string,
    peer: string,
    offer: {
      direction: 'send' | 'receive'
      revision: number
      sdp: string
      sources?: Record<string, string>
      shows?: readonly string[]
    },
    signal: AbortSignal,
  ) =>
    request<{ sdp: string; revision: number }>('PUT', `/api/v1/lessons/${id(lesson)}/peers/${id(peer)}`, offer, {
      bearer: token,
      signal,
    }),
  removePeer: (token: string, lesson: string, peer: string) =>
    request<void>('DELETE', `/api/v1/lessons/${id(lesson)}/peers/${id(peer)}`, undefined, {
      bearer: token,
      keepalive: true,
    }),
  /** A hundred at most: with words those that say them best, else the newest. */
  resources: (wanted: { words?: string; kind?: Resource['kind']; lesson?: string }) =>
    request<Resource[]>('GET', `/api/v1/resources?${new URLSearchParams(wanted).toString()}`),
  resource: (resource: string) => request<ResourceWhole>('GET', `/api/v1/resources/${id(resource)}`),
  captions: (resource: string) => request<CaptionsOf>('GET', `/api/v1/resources/${id(resource)}/captions`),
  cues: (resource: string, language: string) =>
    request<{ revision: string; cues: StoredCue[] }>('GET', `${captionsAddress(resource, language)}/cues`),
  /** WebVTT or SubRip in the place of the revision `before`, or where there are none. */
  putCaptions: (resource: string, language: string, file: Blob, before: string | null, written: boolean) =>
    request<CaptionsRow>('PUT', captionsAddress(resource, language), file, {
      headers: { ...(before ? { 'If-Match': `"${before}"` } : {}), ...(written ? { 'X-Written': 'page' } : {}) },
    }),
  removeCaptions: (resource: string, language: string) => request<void>('DELETE', captionsAddress(resource, language)),
  askForCaptions: (resource: string) =>
    request<NonNullable<CaptionsOf['captioning']>>('POST', `/api/v1/resources/${id(resource)}/captioning`),
  slidesTexts: (resource: string) =>
    request<{ courseware: string; texts: string[] }[]>('GET', `/api/v1/resources/${id(resource)}/words`),
  remarks: (resource: string) => request<Remark[]>('GET', `/api/v1/resources/${id(resource)}/remarks`),
  opinions: (resource: string) => request<Opinions>('GET', `/api/v1/resources/${id(resource)}/opinions`),
  rate: (resource: string, stars: number | null) =>
    stars === null
      ? request<Opinions>('DELETE', `/api/v1/resources/${id(resource)}/rating`)
      : request<Opinions>('PUT', `/api/v1/resources/${id(resource)}/rating`, { stars }),
  addRemark: (resource: string, data: { at: number; text: string; shared: boolean; review?: boolean }) =>
    request<Remark>('POST', `/api/v1/resources/${id(resource)}/remarks`, data),
  changeRemark: (resource: string, remark: string, data: { text?: string; at?: number; shared?: boolean }) =>
    request<Remark>('PATCH', `/api/v1/resources/${id(resource)}/remarks/${id(remark)}`, data),
  removeRemark: (resource: string, remark: string) =>
    request<void>('DELETE', `/api/v1/resources/${id(resource)}/remarks/${id(remark)}`),
  /** Where this account stopped watching, in ms of the lesson's clock. */
  stopped: (resource: string) => request<{ at: number | null }>('GET', `/api/v1/resources/${id(resource)}/place`),
  stop: (resource: string, at: number) =>
    request<void>('PUT', `/api/v1/resources/${id(resource)}/place`, { at }, { keepalive: true }),
  removeResource: (resource: string) => request<void>('DELETE', `/api/v1/resources/${id(resource)}`),
  /** Of a recording that is open under `base` (`ofLesson`, `ofRecording`). */
  tracks: (base: string, courseware: string) => request<Track[]>('GET', `${base}/${id(courseware)}/tracks`),
  shelf: () => request<Courseware[]>('GET', '/api/v1/courseware'),
  searchShelf: (words: string) =>
    request<Found[]>('GET', `/api/v1/courseware/search?words=${encodeURIComponent(words)}`),
  renameCourseware: (courseware: string, name: string) =>
    request<Courseware>('PATCH', `/api/v1/courseware/${id(courseware)}`, { name }),
  /** Off the shelf; lessons that showed it keep it, or nobody. */
  removeCourseware: (courseware: string, then: 'kept' | 'nowhere') =>
    request<void>('DELETE', `/api/v1/courseware/${id(courseware)}?then=${then}`),
  /** A slide of one's own, small. */
  thumbnail: (courseware: string) => `/api/v1/courseware/${id(courseware)}/slides/1/320`,
  async beginUpload(name: string, size: number): Promise<string> {
    const headers = { 'Upload-Length': String(size), 'Upload-Metadata': `filename ${base64(name)}` }
    return (await tus('POST', '/api/v1/uploads', 'Location', headers)).replace(/^.*\//, '')
  },
  uploadOffset: async (upload: string) =>
    Number(await tus('HEAD', `/api/v1/uploads/${id(upload)}`, 'Upload-Offset', {})),
  append: async (upload: string, offset: number, piece: Blob) =>
    Number(
      await tus(
        'PATCH',
        `/api/v1/uploads/${id(upload)}`,
        'Upload-Offset',
        { 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' },
        piece,
      ),
    ),
  /** A photo for a page of one's own; answers what an image on that page calls its courseware. */
  async sendPhoto(token: string, lesson: string, photo: Blob): Promise<string> {
    return sendBy(token, `/api/v1/lessons/${id(lesson)}/photos`, photo)
  },
  /** A work for an activity; answers what the answer to that calls its `file`. */
  async sendWork(token: string, lesson: string, activity: string, work: Blob, participant?: string): Promise<string> {
    const query = new URLSearchParams({ activity, ...(participant && { participant }) })
    return sendBy(token, `/api/v1/lessons/${id(lesson)}/works?${query}`, work)
  },
  /** The address to join the seat's lesson, as a picture. */
  qr: (seat: string) => `/api/v1/seats/${id(seat)}/qr.svg`,
}
