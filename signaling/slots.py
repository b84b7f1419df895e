"""The conductor: keeps what every receiver's slots show in step with the stage and with who sends what."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from classroom.errors import ClientFault
from classroom.events import Event, Role
from classroom.journal import Journal
from classroom.rules import (
    EVERYONE,
    NOBODY,
    Standing,
    State,
    TrackInfo,
    acting,
    admitted,
    audience,
    standing,
    voice_of,
    wanted,
)
from media.api import MediaEvent, MediaService, Quality, Refusal, Show, Slot, Speaking, Track, TrackEnded, TrackStarted

from . import protocol
from .arrange import Arrangement, Shown, arrange, fits, owner
from .ceilings import FACES, HEARD, Face, ceiling, heard
from .protocol import SlotEntry, Slots
from .tokens import Claims

log = logging.getLogger(__name__)

MOVES = frozenset({"lesson", "participant", "lead", "stage", "camera", "data", "groups", "voices"})
VISITS = frozenset({"group.visited", "group.left"})
VOICES = frozenset({"voice.joined", "voice.left"})
AT_ONCE = 25  # receivers, in some 3 ms; then all else has its turn, for a large class takes a tenth of a second
TOLD_OF_GROUPS = frozenset({Role.LEAD_TEACHER, Role.LOCAL_TEACHER, Role.OBSERVER})
SOURCES = ("camera", "courseware", "room", "student", "mic")


class Tell(Protocol):
    def __call__(self, participant: str, kind: str, data: protocol.Message, /) -> None: ...


class Say(Protocol):
    def __call__(
        self,
        lesson: str,
        kind: str,
        data: protocol.Message,
        roles: Iterable[Role],
        participants: Iterable[str] = (),
        /,
    ) -> None: ...


Live = dict[TrackInfo, dict[str, Track]]
"""What is there, with its publications by layer."""


@dataclass(frozen=True, slots=True)
class Only:
    """A WHEP player's choice: one picture (of anyone, or of one participant), small if it says so, and the sound that
    goes with it."""

    source: str
    participant: str | None = None
    small: bool = False


@dataclass(slots=True)
class Receiver:
    claims: Claims
    peer: str
    slots: tuple[Slot, ...]
    only: Only | None = None
    shows: frozenset[str] | None = None  # the sources whose pictures a page wants here; all if None
    showing: dict[str, Shown] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)  # track ids that the plane would not put into its slots
    told: Slots | None = None

    @property
    def name(self) -> str:
        return f"{self.claims.participant}:{self.peer}"

    def is_for(self, info: TrackInfo) -> bool:
        """Sound goes where there are slots for any, whosever pictures are shown there."""
        if info.kind == "audio":
            return any(slot.kind == "audio" for slot in self.slots)
        return self.shows is None or info.source in self.shows

    def face(self, state: State) -> Face:
        if self.only is not None:
            return Face.SMALL_PLAYER if self.only.small else Face.PLAYER
        return FACES[acting(state, self.claims.seat).role]


@dataclass(slots=True)
class Due:
    """Whose slots are to be looked at: all, the lead's, these participants', those of all in these groups' voices.
    What is said in a group concerns nobody else, and a large class has hundreds."""

    everyone: bool = False
    lead: bool = False
    names: set[str] = field(default_factory=set)

    def takes_in(self, receiver: Receiver, state: State) -> bool:
        me = receiver.claims.participant
        named = me in self.names or voice_of(state, me) in self.names
        return self.everyone or named or (self.lead and receiver.face(state) is Face.LEAD)


class Conductor:
    def __init__(self, media: MediaService, journal: Journal, tell: Tell, say: Say) -> None:
        self._media = media
        self._journal = journal
        self._tell = tell
        self._say = say
        self._owners: dict[str, Claims] = {}
        self._receivers: dict[str, Receiver] = {}
        self._speaking: dict[str, tuple[str, ...]] = {}
        self._told: dict[str, dict[str, tuple[str, ...]]] = {}  # lesson → audience → who was said to speak
        self._dirty: dict[str, Due] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        media.listen(self._on_media)
        journal.listen(self._on_commit)

    def publishes(self, claims: Claims) -> None:
        self._owners[claims.participant] = claims
        self._touch(claims.lesson, self._hearers(claims))

    def receives(
        self,
        claims: Claims,
        peer: str,
        slots: Sequence[Slot],
        only: Only | None = None,
        shows: frozenset[str] | None = None,
    ) -> None:
        """A receiver was answered; again when it offered again, with more slots perhaps."""
        receiver = self._receivers.get(f"{claims.participant}:{peer}")
        if receiver is None:
            receiver = Receiver(claims, peer, tuple(slots), only)
            self._receivers[receiver.name] = receiver
        receiver.claims, receiver.slots, receiver.shows = claims, tuple(slots), shows
        receiver.told = None
        self._touch(claims.lesson, Due(names={claims.participant}))

    def gone(self, name: str) -> None:
        """A peer is gone, by its full name; its tracks end by themselves."""
        self._receivers.pop(name, None)

    def forget(self, participant: str) -> None:
        self._owners.pop(participant, None)

    def repeat(self, participant: str) -> None:
        """Tells a participant who connected again what its slots show."""
        for receiver in self._receivers.values():
            if receiver.claims.participant == participant and receiver.told is not None:
                self._tell(participant, "slots", receiver.told)

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _on_commit(self, lesson: str, events: Sequence[Event], _: Mapping[str, str]) -> None:
        if any(event.kind.partition(".")[0] in MOVES or event.kind in VISITS for event in events):
            self._touch(lesson)
        elif named := {one for event in events if event.kind in VOICES for one in event.data.values()}:
            self._touch(lesson, Due(names=named))
        else:
            return
        self._say_who_speaks(lesson)

    def _on_media(self, event: MediaEvent) -> None:
        match event:
            case TrackStarted(track) | TrackEnded(track):
                claims = self._owners.get(owner(track))
                if claims is not None:
                    self._touch(claims.lesson, self._hearers(claims))
            case Speaking(tracks):
                self._voices(tracks)

    def _voices(self, tracks: Sequence[str]) -> None:
        owners = {track.id: self._owners.get(owner(track)) for track in self._media.tracks()}
        speaking: dict[str, tuple[str, ...]] = {}
        for one in tracks:
            claims = owners.get(one)
            if claims is not None and claims.participant not in speaking.get(claims.lesson, ()):
                speaking[claims.lesson] = (*speaking.get(claims.lesson, ()), claims.participant)
        before, self._speaking = self._speaking, speaking
        for lesson in speaking.keys() | before.keys():
            now, then = speaking.get(lesson, ()), before.get(lesson, ())
            if now != then:
                self._touch(lesson, Due(lead=True, names=self._crowded(lesson)))
                self._say_who_speaks(lesson)

    def _hearers(self, claims: Claims) -> Due:
        """Whom it concerns that a participant sends something."""
        state = self._journal.at_hand(claims.lesson)
        group = voice_of(state, claims.participant) if state is not None and claims.role == Role.STUDENT else None
        return Due(everyone=True) if group is None else Due(names={group})

    def _crowded(self, lesson: str) -> set[str]:
        """Groups in which more talk than are heard at a time, so that it matters who speaks."""
        state = self._journal.at_hand(lesson)
        if state is None:
            return set()
        groups = state["groups"]
        there = Counter([*groups["voice"].values(), *groups["visits"].values()])
        return {group for group, count in there.items() if count > HEARD + 1}

    def _say_who_speaks(self, lesson: str) -> None:
        """To all, or what is said in a group to those in its voice and at the desks; where it has changed."""
        state = self._journal.at_hand(lesson)
        if state is None:
            return
        now: dict[str, tuple[str, ...]] = {}
        for one in self._speaking.get(lesson, ()):
            heard_by = audience(state, one, "mic")
            now[heard_by] = (*now.get(heard_by, ()), one)
        before = self._told.pop(lesson, {})
        if now:
            self._told[lesson] = now
        for heard_by in (now.keys() | before.keys()) - {NOBODY}:
            speaking, then = now.get(heard_by, ()), before.get(heard_by, ())
            if (set(speaking), speaking[:1]) == (set(then), then[:1]):
                continue
            if heard_by == EVERYONE:
                self._say(lesson, "speaking", protocol.Speaking(participants=speaking), protocol.EVERYONE)
            else:
                groups = state["groups"]
                inside = [one for one, group in {**groups["voice"], **groups["visits"]}.items() if group == heard_by]
                said = protocol.Speaking(participants=speaking, group=heard_by)
                self._say(lesson, "speaking", said, TOLD_OF_GROUPS, inside)

    def _touch(self, lesson: str, due: Due | None = None) -> None:
        """One task a lesson; what changes while it works is another round. All are due where nothing is said. Who
        speaks matters to the lead alone, and in large groups: nobody else is sent the sound of rooms off stage."""
        due = due or Due(everyone=True)
        known = self._dirty.setdefault(lesson, due)
        known.everyone, known.lead = known.everyone or due.everyone, known.lead or due.lead
        known.names |= due.names
        if lesson not in self._tasks:
            self._tasks[lesson] = asyncio.get_running_loop().create_task(self._conduct(lesson))

    async def _conduct(self, lesson: str) -> None:
        try:
            while lesson in self._dirty:
                try:
                    await self._serve_all(lesson, self._dirty.pop(lesson))
                except ClientFault as fault:
                    log.info("no conducting: %s", fault.code)
        finally:
            del self._tasks[lesson]

    async def _serve_all(self, lesson: str, due: Due) -> None:
        state = await self._journal.state(lesson)
        live = self._live(lesson, state)
        theirs = [r for r in self._receivers.values() if r.claims.lesson == lesson and due.takes_in(r, state)]
        for number, receiver in enumerate(theirs, 1):
            own = voice_of(state, receiver.claims.participant)
            try:
                await self._serve(receiver, state, {**live[EVERYONE], **live.get(own or EVERYONE, {})})
            except Exception:  # the others are served all the same
                log.exception("conducting failed")
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)

    def _live(self, lesson: str, state: State) -> dict[str, Live]:
        """What is sent in a lesson, by who may get any of it: `wanted` decides, but need not look at other groups'."""
        live: dict[str, Live] = {EVERYONE: {}}
        for track in self._media.tracks():  # of two of one source (a page was loaded again), the later
            claims = self._owners.get(owner(track))
            if claims and claims.lesson == lesson:
                there = live.setdefault(audience(state, claims.participant, track.source), {})
                there.setdefault(TrackInfo(claims.participant, track.source, track.kind), {})[track.layer] = track
        return live

    async def _serve(self, receiver: Receiver, state: State, live: Live) -> None:
        while True:
            wanted = self._wanted(receiver, state, live)
            fit = [one for one in wanted if one.track.id not in receiver.refused]
            plan = arrange(receiver.slots, receiver.showing, fit)
            changes = plan.changes(receiver.showing, receiver.slots)
            refused = await self._assign(receiver, changes, plan)
            if refused is None:
                break
            receiver.refused.add(refused)
        if self._receivers.get(receiver.name) is not receiver:
            return
        tracks = [one.track for one in wanted]
        unsupported = [track for track in tracks if track.id in receiver.refused or track in plan.unsupported]
        told = [*((mid, one.track) for mid, one in plan.showing.items()), *((None, track) for track in unsupported)]
        # Who has left meanwhile is due for another round, without it.
        slots = tuple(self._entry(mid, track) for mid, track in told if owner(track) in self._owners)
        now = Slots(peer=receiver.peer, slots=slots)
        if now != receiver.told:
            receiver.told = now
            self._tell(receiver.claims.participant, "slots", now)

    async def _assign(self, receiver: Receiver, changes: Mapping[str, Show | None], plan: Arrangement) -> str | None:
        """Carries the plan out, one slot after the other, emptied ones first; the id of a track that was refused, or
        None when done."""
        for mid, show in sorted(changes.items(), key=lambda change: change[1] is not None):
            try:
                await self._media.assign(receiver.name, {mid: show})
            except Refusal as refusal:
                log.info("assign refused: %s", refusal.code)
                if refusal.code == "codec_unsupported" and show is not None:
                    return show.track
                if refusal.code == "peer_unknown":
                    self._receivers.pop(receiver.name, None)
                continue
            if show is None:
                receiver.showing.pop(mid, None)
            else:
                receiver.showing[mid] = plan.showing[mid]
        return None

    def _wanted(self, receiver: Receiver, state: State, live: Live) -> list[Shown]:
        viewer = receiver.claims.seat
        if not admitted(state, viewer):
            return []
        face = receiver.face(state)
        infos = [info for info in wanted(state, viewer, list(live)) if _bearable(face, state, info, live[info])]
        infos = [info for info in infos if receiver.is_for(info)]
        if receiver.only is None:
            infos = heard(infos, self._speaking.get(receiver.claims.lesson, ()), state)
        else:
            infos = _chosen(infos, receiver.only)
        ceilings = {info: ceiling(face, viewer, info, state) for info in infos}
        return [Shown(_publication(receiver, live[info], best), best) for info, best in ceilings.items()]

    def _entry(self, mid: str | None, track: Track) -> SlotEntry:
        claims = self._owners[owner(track)]
        return SlotEntry(
            mid=mid,
            track=track.id,
            source=track.source,
            participant=claims.participant,
            name=claims.name,
            room=claims.room,
            kind=track.kind,
            codec=track.codec.value,
            unsupported=None if mid else track.codec.value,
        )


def _bearable(face: Face, state: State, info: TrackInfo, publications: Mapping[str, Track]) -> bool:
    """What an encoder sends of the lead classroom comes back to the desk there only small: it is the same line."""
    own = face is Face.LEAD and info.kind == "video" and standing(state, info.participant) is Standing.LEAD
    return not own or any(one.layer == "low" or one.layered for one in publications.values())


def _publication(receiver: Receiver, tracks: Mapping[str, Track], ceiling: Quality) -> Track:
    """Of a source's publications the one for this ceiling: under the low one that which is low, if there is one. What
    the receiver cannot show gives way to what it can."""
    ordered = sorted(tracks.values(), key=lambda track: (track.layer == "low") != (ceiling == "low"))
    return next((track for track in ordered if _can_show(receiver, track)), ordered[0])


def _can_show(receiver: Receiver, track: Track) -> bool:
    return track.id not in receiver.refused and any(fits(slot, track) for slot in receiver.slots)


def _chosen(infos: Sequence[TrackInfo], only: Only) -> list[TrackInfo]:
    named = [info for info in infos if only.participant in (None, info.participant)]
    first = next((info for info in named if (info.source, info.kind) == (only.source, "video")), None)
    if first is None:
        return []
    own = [info for info in named if info.kind == "audio" and info.participant == first.participant]
    sound = next((info for source in (only.source, "mic") for info in own if info.source == source), first)
    return list(dict.fromkeys((first, sound)))
