"""The tables. Migrations make them; this is how the repositories speak of them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    false,
    text,
    true,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
ID = String(64)
HASH = String(64)
CODE = String(64)  # of a vocabulary; empty where nothing was said

account = Table(
    "account",
    metadata,
    Column("id", ID, primary_key=True),
    Column("login", String(120), nullable=False, unique=True),
    Column("name", String(120), nullable=False),
    Column("role", String(16), nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # No foreign key: SQLite adds none to a table that is there, and to replace this one would empty what refers to it.
    Column("school", ID, nullable=True),
)

session = Table(
    "session",
    metadata,
    Column("id_hash", HASH, primary_key=True),
    Column("account", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("csrf", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

school = Table(
    "school",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("recording", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("names_offered", Boolean, nullable=False, server_default=true()),
    Column("comments", Boolean, nullable=False, server_default=false()),
    Column("ratings", Boolean, nullable=False, server_default=false()),
)

room = Table(
    "room",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school", ID, ForeignKey("school.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(120), nullable=False),
)

# Children's names, by room: what is offered to those who join. Nothing else refers to them.
roster = Table(
    "roster",
    metadata,
    Column("room", ID, ForeignKey("room.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", String(120), nullable=False),
    PrimaryKeyConstraint("room", "position"),
)

# A room's paired display. Another pairing is another id, so what the one before it left behind stays barred.
device = Table(
    "device",
    metadata,
    Column("id", ID, primary_key=True),
    Column("token_hash", HASH, nullable=False, unique=True),
    Column("room", ID, ForeignKey("room.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("instance", ID, nullable=True),
    Column("paired_at", BigInteger, nullable=False),
)

# A screen that is not paired, and the code that it shows.
pairing = Table(
    "pairing",
    metadata,
    Column("token_hash", HASH, primary_key=True),
    Column("code", String(16), nullable=False, unique=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

lesson = Table(
    "lesson",
    metadata,
    Column("id", ID, primary_key=True),
    Column("title", String(200), nullable=False),
    Column("school", ID, ForeignKey("school.id", ondelete="SET NULL"), nullable=True),
    Column("owner", ID, ForeignKey("account.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("code", String(8), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("recording", Boolean, nullable=False),
    Column("lobby", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("scheduled_at", BigInteger, nullable=True),
    Column("started_at", BigInteger, nullable=True),
    Column("ended_at", BigInteger, nullable=True),
)
_NOT_ENDED = text("phase <> 'ended'")
Index(
    "uq_lesson_code_not_ended",
    lesson.c.code,
    unique=True,
    sqlite_where=_NOT_ENDED,
    postgresql_where=_NOT_ENDED,
)

# The rooms that take part; of a lesson without any, those of its school do.
lesson_room = Table(
    "lesson_room",
    metadata,
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), nullable=False),
    Column("room", ID, ForeignKey("room.id", ondelete="CASCADE"), nullable=False, index=True),
    PrimaryKeyConstraint("lesson", "room"),
)

# The link by which a large audience watches.
watching = Table(
    "watching",
    metadata,
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), primary_key=True),
    Column("turn", BigInteger, nullable=False),
    Column("places", BigInteger, nullable=False),
    Column("open", Boolean, nullable=False),
)

participant = Table(
    "participant",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("room", ID, ForeignKey("room.id", ondelete="SET NULL"), nullable=True),
    Column("account", ID, ForeignKey("account.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("name", String(120), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    # No foreign key: whose device is not there any more is barred.
    Column("device", ID, nullable=True, index=True),
)
Index("uq_participant_lesson_device", participant.c.lesson, participant.c.device, unique=True)

seat = Table(
    "seat",
    metadata,
    Column("id", ID, primary_key=True),
    Column("participant", ID, ForeignKey("participant.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("session", HASH, ForeignKey("session.id_hash", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", BigInteger, nullable=False),
)

link = Table(
    "link",
    metadata,
    Column("secret_hash", HASH, primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("data", JSON, nullable=False),
    Column("uses_left", Integer, nullable=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
)

command = Table(
    "command",
    metadata,
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), nullable=False),
    Column("actor", ID, nullable=False),
    Column("id", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    PrimaryKeyConstraint("lesson", "actor", "id"),
    sqlite_with_rowid=False,
)

event = Table(
    "event",
    metadata,
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("epoch_ms", BigInteger, nullable=False),
    Column("actor", ID, nullable=False),
    Column("kind", String(40), nullable=False),
    # Text, not the database's JSON: folded only, never queried, and what was written comes back byte for byte.
    Column("data", Text, nullable=False),
    Column("cause", String(64), nullable=True),
    Column("v", Integer, nullable=False),
    PrimaryKeyConstraint("lesson", "seq"),
)
PLANNED = text("kind = 'plan.written'")  # in a query, too, as it stands here: only then is the index used
Index("ix_event_planned", event.c.lesson, sqlite_where=PLANNED, postgresql_where=PLANNED)

# Without a row id: the order in which anonymous ballots came is nowhere on disk.
side_text = Table(
    "side_text",
    metadata,
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), nullable=False),
    Column("key", String(160), nullable=False),
    Column("participant", ID, nullable=True, index=True),
    Column("words", Text, nullable=False),
    Column("seq", Integer, nullable=True),  # of the event that brought them; not of ballots
    PrimaryKeyConstraint("lesson", "key"),
    sqlite_with_rowid=False,
)

owner = Table(
    "owner",
    metadata,
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), primary_key=True),
    Column("node", ID, nullable=True),
    Column("fence", Integer, nullable=False),
)

resource = Table(
    "resource",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("title", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("duration_ms", BigInteger, nullable=True),
    Column("path", Text, nullable=False),
    Column("tracks", JSON, nullable=False),
    # No foreign keys, as in `account`: `orphaned` empties them where an account is removed. Schools stay.
    Column("owner", ID, nullable=True, index=True),
    Column("school", ID, nullable=True, index=True),
    Column("state", String(16), nullable=False, server_default="draft", index=True),
    Column("state_at", BigInteger, nullable=False, server_default="0"),
    Column("changed_at", BigInteger, nullable=False, server_default="0"),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("description", Text, nullable=False, server_default=""),
    Column("subject", CODE, nullable=False, server_default=""),
    Column("grade", CODE, nullable=False, server_default=""),
    Column("edition", CODE, nullable=False, server_default=""),
    Column("type", CODE, nullable=False, server_default=""),
    Column("language", String(35), nullable=False, server_default=""),
    Column("licence", CODE, nullable=False, server_default=""),
    Column("audience", CODE, nullable=False, server_default=""),
    Column("reach", String(16), nullable=False, server_default="school"),
    Column("points", JSON, nullable=False, server_default="[]"),
    Column("contributors", JSON, nullable=False, server_default="[]"),
    Column("target", Text, nullable=False, server_default=""),
    Column("mime", String(80), nullable=False, server_default=""),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("published_at", BigInteger, nullable=True),
    Column("published_edits", Integer, nullable=False, server_default="0"),
    Column("reviewer", ID, nullable=True),
)

# The knowledge points of a resource: what is looked through by.
resource_point = Table(
    "resource_point",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), nullable=False),
    Column("point", String(80), nullable=False, index=True),
    PrimaryKeyConstraint("resource", "point"),
)

# What a published resource is to become, once that was reviewed. `details` as `records.Details`.
amendment = Table(
    "amendment",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("details", JSON, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("state_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("reviewer", ID, ForeignKey("account.id", ondelete="SET NULL"), nullable=True),
)

# Who took which step with a resource, when and why; only added to, and each number once.
review = Table(
    "review",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("actor", ID, ForeignKey("account.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("action", String(16), nullable=False),
    Column("came_from", String(16), nullable=False),
    Column("went_to", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("amended", Boolean, nullable=False),
    Column("details", JSON, nullable=False),
    Column("edits", Integer, nullable=False),
)

# Resources that belong together; of a series, in the order in which they follow each other.
collection = Table(
    "collection",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("title", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("owner", ID, ForeignKey("account.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("school", ID, ForeignKey("school.id", ondelete="SET NULL"), nullable=True),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

collected = Table(
    "collected",
    metadata,
    Column("collection", ID, ForeignKey("collection.id", ondelete="CASCADE"), nullable=False),
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    PrimaryKeyConstraint("collection", "resource"),
)

# What is said in a recording, in one language. `cues` is JSON, as text like events'; another `revision` at each change.
captions = Table(
    "captions",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), nullable=False),
    Column("language", String(35), nullable=False),
    Column("revision", ID, nullable=False),
    Column("origin", String(16), nullable=False),
    Column("count", Integer, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("cues", Text, nullable=False),
    PrimaryKeyConstraint("resource", "language"),
)

# That a service was asked, or is to be asked, for the captions of a recording.
captioning = Table(
    "captioning",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("status", String(16), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    Column("progress", Integer, nullable=True),
    Column("fault", String(32), nullable=True),
)

# What somebody noted at a moment of a recording: that account's own, for all who may see it, or (`review`) for its
# owner and the staff alone.
remark = Table(
    "remark",
    metadata,
    Column("id", ID, primary_key=True),
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("account", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("review", Boolean, nullable=False, server_default=false()),
)

rating = Table(
    "rating",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("account", ID, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("stars", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# How an account fared that tried a question of a recording: with its first answer, and with its best.
tried = Table(
    "tried",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("activity", ID, primary_key=True),
    Column("account", ID, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True),
    Column("first", Float, nullable=False),
    Column("best", Float, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# What was decided to be taken out of a recording; only added to, and each number once, so that of two who decide at
# once one is told.
edit = Table(
    "edit",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("actor", ID, ForeignKey("account.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("at", BigInteger, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("data", JSON, nullable=False),
)

# One file of a recording, made to be downloaded.
render = Table(
    "render",
    metadata,
    Column("id", ID, primary_key=True),
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("layout", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("fault", String(32), nullable=True),
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
)

# A recording that is made of others, which it plays one after the other. `revision` counts how often that was changed.
joined = Table(
    "joined",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, nullable=False),
)

# What it is made of, in order; none of it can be removed while it is.
part = Table(
    "part",
    metadata,
    Column("joined", ID, ForeignKey("joined.resource", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("resource", ID, ForeignKey("resource.id", ondelete="RESTRICT"), nullable=False, index=True),
    PrimaryKeyConstraint("joined", "position"),
)

# Where somebody stopped watching a recording, in ms of the lesson's clock.
stopped = Table(
    "stopped",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), nullable=False),
    Column("account", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("resource", "account"),
)

# Who is let in to a resource: all that is named must fit.
granted = Table(
    "granted",
    metadata,
    Column("id", ID, primary_key=True),
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("account", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("school", ID, ForeignKey("school.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("role", String(16), nullable=True),
    Column("by", ID, ForeignKey("account.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("created_at", BigInteger, nullable=False),
)

# Links to resources: who has the secret, and the password where there is one, may watch without an account.
shared = Table(
    "shared",
    metadata,
    Column("id", ID, primary_key=True),
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("secret_hash", HASH, nullable=False, unique=True),
    Column("password_hash", String(200), nullable=True),
    Column("watch_only", Boolean, nullable=False),
    Column("label", String(120), nullable=False),
    Column("maker", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger, nullable=True),
)

# Who opened which recording of children, when and how; kept for as long as the operator says.
opening = Table(
    "opening",
    metadata,
    Column("id", ID, primary_key=True),
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("way", String(8), nullable=False),
    Column("account", ID, ForeignKey("account.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("link", ID, ForeignKey("shared.id", ondelete="SET NULL"), nullable=True, index=True),
    Index("ix_opening_resource", "resource", "at"),
)

# A teacher's shelf. Files are kept by content; what was made of one is the same for all who have it.
courseware = Table(
    "courseware",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("status", String(16), nullable=False),
    Column("fault", String(32), nullable=True),
    Column("digest", HASH, nullable=True, index=True),
    Column("kind", String(16), nullable=True),
    Column("slides", Integer, nullable=False),
    Column("boxes", JSON, nullable=False),
    Column("duration_ms", BigInteger, nullable=True),
    Column("mime", String(40), nullable=False),
    Column("removed_at", BigInteger, nullable=True),  # off the shelf; lessons that showed it keep it
)

# Which lessons have had which courseware open.
shown = Table(
    "shown",
    metadata,
    Column("courseware", ID, ForeignKey("courseware.id", ondelete="CASCADE"), nullable=False),
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), nullable=False, index=True),
    PrimaryKeyConstraint("courseware", "lesson"),
)

photo = Table(
    "photo",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("participant", ID, nullable=False, index=True),
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

work = Table(
    "work",
    metadata,
    Column("id", ID, primary_key=True),
    Column("lesson", ID, ForeignKey("lesson.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("activity", ID, nullable=False),
    Column("participant", ID, nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("mime", String(40), nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=True),
    Column("created_at", BigInteger, nullable=False, index=True),
    Column("answered", Boolean, nullable=False),
)

# A teacher's bank. `question` is JSON, as text like events'; `words` is what is looked for in it.
question = Table(
    "question",
    metadata,
    Column("id", ID, primary_key=True),
    Column("owner", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("school", ID, ForeignKey("school.id", ondelete="SET NULL"), nullable=True, index=True),
    Column("folder", String(200), nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("type", String(16), nullable=False),
    Column("level", String(40), nullable=False),
    Column("language", String(16), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("question", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# What of a bank was published, as text: its questions as `records.Banked`.
published_bank = Table(
    "published_bank",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("questions", Text, nullable=False),
)

# The tags of a question, and its points of knowledge: what is filtered by.
question_label = Table(
    "question_label",
    metadata,
    Column("question", ID, ForeignKey("question.id", ondelete="CASCADE"), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("label", String(80), nullable=False),
    PrimaryKeyConstraint("question", "kind", "label"),
)

setting = Table(
    "setting",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# Resources whose words have changed since they were indexed; triggers write this with whatever changed them. `turn` is
# another each time; `withheld`: something was taken out, so that until then nothing of it is found by its words.
unindexed = Table(
    "unindexed",
    metadata,
    Column("resource", ID, primary_key=True),
    Column("turn", BigInteger, nullable=False),
    Column("withheld", Boolean, nullable=False),
)


def _of_people(name: str, *more: Column[int]) -> Table:
    return Table(
        name,
        metadata,
        Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
        Column("account", ID, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True, index=True),
        *more,
    )


favourite = _of_people("favourite", Column("at", BigInteger, nullable=False))
# Who watched what, and when last: for their history, and to count each of them once. Kept for a year.
watched = _of_people("watched", Column("at", BigInteger, nullable=False, index=True))


def _counts(name: str, keys: tuple[Column[int] | Column[str], ...], *counts: str) -> Table:
    return Table(
        name,
        metadata,
        Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
        *keys,
        *(Column(count, BigInteger, nullable=False) for count in counts),
    )


# How much a resource is used, without whom: in all, by day and school ("" where there is none), by part of its time.
use = _counts("use", (), "viewers", "views")
use_day = _counts(
    "use_day", (Column("day", Integer, primary_key=True), Column("school", ID, primary_key=True)), "viewers", "views"
)
use_part = _counts("use_part", (Column("part", Integer, primary_key=True),), "plays")


# By which rule what of the library goes, and when; a rule that was previewed as it stands may be on.
keeping_rule = Table(
    "keeping_rule",
    metadata,
    Column("id", ID, primary_key=True),
    Column("school", ID, ForeignKey("school.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("name", String(120), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("subject", CODE, nullable=False),
    Column("collection", ID, nullable=False),
    Column("counted", String(16), nullable=False),
    Column("days", Integer, nullable=False),
    Column("action", String(16), nullable=False),
    Column("on", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("previewed_at", BigInteger, nullable=False),
)

# What goes by a rule, and until when that can be stopped.
going = Table(
    "going",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("rule", ID, ForeignKey("keeping_rule.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("action", String(16), nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
)

# That its owner, or the staff, asked to keep a resource whatever the rules say.
spared = Table(
    "spared",
    metadata,
    Column("resource", ID, ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True),
    Column("account", ID, nullable=True),
    Column("at", BigInteger, nullable=False),
)

# Legal holds, and those that were lifted: only added to. `subject` is an id of its `kind`; no foreign keys, for the
# trail stays.
hold = Table(
    "hold",
    metadata,
    Column("id", ID, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", ID, nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("account", ID, nullable=True),
    Column("since", BigInteger, nullable=False),
    Column("lifted_at", BigInteger, nullable=True),
    Column("lifted_by", ID, nullable=True),
    Column("lifted_why", Text, nullable=False),
)

# What was, or is being, deleted or erased: the record of it. `work` is what is still to be done, encoded so that what
# is looked for on disk is not found there; empty once all is. `digest` of the id that it had: nothing of a person.
removal = Table(
    "removal",
    metadata,
    Column("id", ID, primary_key=True),
    Column("what", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("school", ID, nullable=True, index=True),
    Column("digest", HASH, nullable=False, index=True),
    Column("account", ID, nullable=True),
    Column("rule", ID, nullable=True),
    Column("asked_at", BigInteger, nullable=False, index=True),
    Column("stage", String(16), nullable=False, index=True),
    Column("fault", String(32), nullable=True),
    Column("tries", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("files", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("stored", BigInteger, nullable=False),
    Column("done_at", BigInteger, nullable=True),
    Column("work", Text, nullable=False),
)
