"""What the repositories answer with. Times are milliseconds since 1970, UTC; ids are `classroom.ids.new_id()`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from classroom.activities.question import WorkKind
from classroom.events import Event, Json

AccountRole = Literal["teacher", "staff", "admin"]
Purpose = Literal["setup", "account", "seat"]
ResourceStatus = Literal["recording", "ready", "failed"]
ResourceKind = Literal["recording", "courseware", "bank", "upload", "link", "joined"]
CollectionKind = Literal["collection", "series"]
Reach = Literal["school", "all"]
CaptionsOrigin = Literal["file", "edited", "service"]
CaptioningStatus = Literal["waiting", "asked", "done", "failed"]
EditKind = Literal["cut", "trim", "hide", "undo"]
RenderStatus = Literal["waiting", "working", "ready", "failed"]
RenderLayout = Literal["lead", "directed", "beside", "sound"]
HoldKind = Literal["resource", "lesson", "person"]
RemovalWhat = Literal["resource", "media", "person"]
RemovalStage = Literal["files", "rows", "storage", "traces", "done"]
CoursewareStatus = Literal["uploading", "waiting", "ready", "failed"]
CoursewareKind = Literal["slides", "audio", "video", "simulation"]


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    login: str
    name: str
    role: AccountRole
    password_hash: str
    disabled: bool
    created_at: int
    school: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """`id_hash` is the digest of the cookie's value. `account` is None for someone who has not signed in."""

    id_hash: str
    account: str | None
    csrf: str
    created_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class School:
    """`recording`: its lessons are recorded unless one says otherwise. `names_offered`: to who joins from a room, the
    names of its roster. `comments`, `ratings`: its people see what others say of resources, and say it too."""

    id: str
    name: str
    recording: bool
    created_at: int
    names_offered: bool = True
    comments: bool = False
    ratings: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    id: str
    school: str
    name: str


@dataclass(frozen=True, slots=True)
class Device:
    """A room's paired display. `instance` is the one place where it may run, a random word of the page there."""

    id: str
    token_hash: str
    room: str
    instance: str | None
    paired_at: int


@dataclass(frozen=True, slots=True)
class Pairing:
    """A screen that waits to be paired, by the code that it shows."""

    token_hash: str
    code: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class Lesson:
    """`recording`: one was asked for. `lobby`: people wait to be admitted. `phase` follows the journal."""

    id: str
    title: str
    school: str | None
    owner: str | None
    code: str
    phase: str
    recording: bool
    lobby: bool
    created_at: int
    scheduled_at: int | None
    started_at: int | None
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class Participant:
    id: str
    lesson: str
    role: str
    room: str | None
    account: str | None
    name: str
    created_at: int
    device: str | None = None


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A participant's place, tied to the session that may take tokens for it."""

    id: str
    participant: str
    session: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Sat:
    """A seat of a lesson that is over, and whose it was."""

    seat: str
    participant: str
    name: str
    lesson: str
    title: str
    ended_at: int


@dataclass(frozen=True, slots=True)
class Link:
    """A secret in an address. `uses_left` is None for one that may be used as often as one likes."""

    secret_hash: str
    purpose: Purpose
    data: Json
    uses_left: int | None
    expires_at: int


@dataclass(frozen=True, slots=True)
class Resource:
    """An entry of the library. `target` is what it points to where it has no files of its own: a courseware's id, a
    bank's folder, a link's address; of an upload, the file's name. `version` counts what was changed of it.
    `published_edits` is the number of the last decision (of its recording) that was published; `reviewer` who takes
    care of its review."""

    id: str
    lesson: str | None
    title: str
    kind: str
    status: ResourceStatus
    created_at: int
    duration_ms: int | None
    path: str
    tracks: Sequence[Json]
    owner: str | None = None
    school: str | None = None
    state: str = "draft"
    state_at: int = 0
    changed_at: int = 0
    version: int = 1
    description: str = ""
    subject: str = ""
    grade: str = ""
    edition: str = ""
    type: str = ""
    language: str = ""
    licence: str = ""
    audience: str = ""
    reach: str = "school"
    points: Sequence[str] = ()
    contributors: Sequence[Json] = ()
    target: str = ""
    mime: str = ""
    bytes: int = 0
    published_at: int | None = None
    published_edits: int = 0
    reviewer: str | None = None

    @property
    def details(self) -> Details:
        return Details(**{name: getattr(self, name) for name in Details.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Details:
    """What is said of a resource, and reviewed. `subject` to `audience` but `language` (BCP 47) are codes of
    vocabularies, "" where nothing was said; `contributors` are `{name, role}`; `reach` is who sees it once it is
    published: its `school`, or `all`."""

    title: str
    description: str = ""
    subject: str = ""
    grade: str = ""
    edition: str = ""
    type: str = ""
    language: str = ""
    licence: str = ""
    audience: str = ""
    reach: str = "school"
    points: Sequence[str] = ()
    contributors: Sequence[Json] = ()


@dataclass(frozen=True, slots=True)
class Amendment:
    """What a published resource is to become, once that was reviewed."""

    resource: str
    details: Details
    state: str
    state_at: int
    changed_at: int
    reviewer: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """One step that was taken with a resource, or (`amended`) with its amendment: of `number` 1, 2, …. `details` and
    `edits` (the number of the last decision) are as they were then; `actor` is an account, None where the
    installation's operator did it, or somebody who is gone."""

    resource: str
    number: int
    at: int
    actor: str | None
    action: str
    came_from: str
    went_to: str
    reason: str
    amended: bool
    details: Details
    edits: int


@dataclass(frozen=True, slots=True)
class Collection:
    id: str
    kind: CollectionKind
    title: str
    description: str
    owner: str | None
    school: str | None
    created_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Captions:
    """What is said in a recording, in one language (BCP 47), less the `count` cues themselves."""

    resource: str
    language: str
    revision: str
    origin: CaptionsOrigin
    count: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Captioning:
    """Whether a service has been asked for captions: `waiting` until it is, at `due_at`; `asked` until it has answered,
    at the latest at `due_at`. `progress` in percent, as the service says."""

    resource: str
    status: CaptioningStatus
    tries: int
    due_at: int
    progress: int | None = None
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What somebody noted at a moment (ms of the lesson's clock) of a recording; `review`: for its owner and the staff
    alone."""

    id: str
    resource: str
    account: str
    at: int
    text: str
    shared: bool
    created_at: int
    changed_at: int
    review: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """A decision about a recording, of `number` 1, 2, …; `data` as `recordings.edits` says. `actor`: an account."""

    resource: str
    number: int
    actor: str | None
    at: int
    kind: EditKind
    data: Json


@dataclass(frozen=True, slots=True)
class Render:
    """One file of a recording, as it was edited at `revision`. `fault` says why it failed."""

    id: str
    resource: str
    layout: RenderLayout
    revision: int
    status: RenderStatus
    created_at: int
    fault: str | None = None
    bytes: int = 0
    ended_at: int | None = None


@dataclass(frozen=True, slots=True)
class Courseware:
    """One thing on a teacher's shelf. `fault` says why it failed; `digest` is its content's, once all of it is there.
    `boxes` are the sizes its slides are kept in. What was removed is on no shelf: lessons that
    showed it keep it."""

    id: str
    owner: str
    name: str
    bytes: int
    created_at: int
    status: CoursewareStatus
    fault: str | None = None
    digest: str | None = None
    kind: CoursewareKind | None = None
    slides: int = 0
    boxes: Sequence[int] = ()
    duration_ms: int | None = None
    mime: str = ""
    removed_at: int | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """Of a pupil's work, sent in to a lesson and kept as long as that."""

    id: str
    lesson: str
    participant: str
    bytes: int
    created_at: int


@dataclass(frozen=True, slots=True)
class Work:
    """An answer that is a file: sent in to a lesson for one activity, of one participant, and kept as long as the
    lesson once it was given (`answered`)."""

    id: str
    lesson: str
    activity: str
    participant: str
    kind: WorkKind
    mime: str
    bytes: int
    duration_ms: int | None
    created_at: int
    answered: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One command with its events, to be committed. `texts`: (key, participant whose words they are or None, words).
    `shows`: courseware that the lesson keeps from now on. `epoch_ms`: when it came; None: just now."""

    lesson: str
    actor: str
    command: str
    seq: int = 0
    events: Sequence[Event] = ()
    texts: Sequence[tuple[str, str | None, str]] = ()
    shows: frozenset[str] = frozenset()
    epoch_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """The node that writes to a lesson, None since it gave up; `fence` counts the lesson's owners."""

    node: str | None
    fence: int


@dataclass(frozen=True, slots=True)
class Saved:
    """A lesson as the journal left it. `epochs_ms` of the last event is the wall clock when it was committed."""

    events: Sequence[Event]
    commands: Mapping[tuple[str, str], int]
    texts: Mapping[str, str]
    last_epoch_ms: int


@dataclass(frozen=True, slots=True)
class Erased:
    """How much of a person was removed. The files of `photos` and `works` are still there."""

    sessions: int = 0
    participants: int = 0
    words: int = 0
    lessons: frozenset[str] = frozenset()
    photos: frozenset[str] = frozenset()
    works: frozenset[str] = frozenset()
    questions: int = 0
    remarks: int = 0


@dataclass(frozen=True, slots=True)
class Tried:
    """How right one's first answer to a recording's question was, 0 to 1, and the best of so many."""

    activity: str
    first: float
    best: float
    tries: int


@dataclass(frozen=True, slots=True)
class TriedByAll:
    """Of so many people who tried it, how many were right at first, and how right they were on average."""

    activity: str
    people: int
    right: int
    mean: float


@dataclass(frozen=True, slots=True)
class Banked:
    """A question that is kept. `school`: with which its owner shares it. `position` is its place in its `folder`."""

    id: str
    owner: str
    school: str | None
    folder: str
    position: int
    level: str
    language: str
    tags: Sequence[str]
    question: Json
    created_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Hold:
    """That nothing of a `resource`, a `lesson` or a `person` (an account, or a participant) is deleted or erased.
    `account`: who says so, None the operator. It holds until it was lifted."""

    id: str
    kind: HoldKind
    subject: str
    reason: str
    account: str | None
    since: int
    lifted_at: int | None = None
    lifted_by: str | None = None
    lifted_why: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """What was deleted or erased, or is to be: `stage` says how far that is, `fault` why it does not go on. `digest` is
    of the id that it had. `rows`, `files` and `bytes` are how much there was; `stored`, how many files in the object
    storage. `work` is what is left to be done."""

    id: str
    what: RemovalWhat
    kind: str
    school: str | None
    digest: str
    account: str | None
    rule: str | None
    asked_at: int
    stage: RemovalStage
    fault: str | None = None
    tries: int = 0
    rows: int = 0
    files: int = 0
    bytes: int = 0
    stored: int = 0
    done_at: int | None = None
    work: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """Who is let in to a resource: an account, a school, a role, or a role within a school. `by` gave it."""

    id: str
    resource: str
    account: str | None
    school: str | None
    role: AccountRole | None
    by: str | None
    created_at: int


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A link to a resource. Of its secret and of its password, digests; `watch_only`: no files to keep."""

    id: str
    resource: str
    secret_hash: str
    password_hash: str | None
    watch_only: bool
    label: str
    maker: str | None
    created_at: int
    expires_at: int
    revoked_at: int | None = None


OpeningWay = Literal["web", "hls", "download", "export", "practice"]


@dataclass(frozen=True, slots=True)
class Opening:
    """That a recording was opened: by an account, by who came by a link, or, where both are None, by the operator,
    somebody whose account is gone, or (`practice`) a child to whom it was given to practise with."""

    id: str
    resource: str
    at: int
    way: OpeningWay
    account: str | None
    link: str | None
