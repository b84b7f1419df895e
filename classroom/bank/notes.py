"""What of a file was not understood. A code says one thing, in a sentence with fields; pages have it in their own
language (`web/client/messages/`, `note.*`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SAYS = {
    # No question
    "nothing_found": "There is no question in this file.",
    "no_question": "Here is a text without a question, or a brace is missing.",
    "asks_nothing": "Here is a text that asks nothing.",
    "rest_unanswered": "Behind the last question stands a text without an answer.",
    "labels_unfit": "Here is no question, or what stands beside it is no text.",
    "no_body": "The item has no body.",
    "type_unknown": "Questions of type “{type}” have no counterpart.",
    "type_not_in_table": "A table holds no questions of type “{type}”.",
    "numbers_drawn": "A question whose numbers are drawn anew each time has no counterpart.",
    # One that cannot be kept
    "too_many": "A question was left out, for it has too many {where}.",
    "too_few": "A question was left out, for it has too few {where}.",
    "too_long": "A question was left out, for this is too long: {where}.",
    "empty": "A question was left out, for this is missing or empty: {where}.",
    "unfit": "A question was left out, for this does not fit: {where}.",
    "question_too_large": "A question was left out, for it has more than {kb} KB.",
    "questions_too_many": "Only the first {most} questions were read.",
    "braces_unfit": "The braces of this question do not fit together.",
    "answers_unmarked": "No answer of this question begins with “=” or “~”.",
    "no_answer_line": "A question has no line “ANSWER: A” behind its options.",
    "answer_no_option": "The answer of a question is none of its options.",
    "answer_unfit": "“{answer}” is no answer to this question.",
    "no_right_number": "No number of this question is right.",
    "no_number": "“{answer}” is no number.",
    "truth_unclear": "Either “true” or “false” has to be right.",
    "places_unfit": "The places in the text and the words for them do not fit together.",
    "no_gap": "No gap of this text can be read.",
    "no_target": "An option of this match has no target.",
    "match_not_two": "What is to be matched are not two sets.",
    "match_several": "One option belongs to several targets.",
    "match_incomplete": "What belongs together is not told of every option.",
    "no_picture": "The picture to point at is not in the file, or is none.",
    "picture_size": "The size of the picture to point at is not said.",
    "area_unfit": "An area is neither circle, rectangle nor polygon, or has too many corners.",
    # One that is kept, but not with everything
    "part_wrong": "What is right in part counts as wrong.",
    "part_alike": "All right options count alike.",
    "part_not_accepted": "What is right in part is not accepted.",
    "one_number": "One number, or one range, is right; the first is kept.",
    "one_word": "Of words that are all to be chosen for a gap, one is enough.",
    "one_spot": "One of the right spots is enough.",
    "choice_left_out": "Some gaps are chosen and others written: here all are written.",
    "tolerance_left_out": "In a gap a number has to be written exactly.",
    "star_cut": "Of “{answer}” is accepted what is between its stars, and nothing longer.",
    "star_left_out": "“{answer}” is not accepted, for a star in it stands for anything.",
    "asks_several": "Of an item that asks several things the first was read.",
    "rules_unread": "What is right was not read, for its rules have what was not understood: {why}.",
    "column_unknown": "The column “{column}” is not known, and was left out.",
    # A file that cannot be read, or not to its end
    "table_broken": "The table cannot be read further: a cell is too long. Perhaps a quotation mark is missing.",
    "item_missing": "The package does not have this file.",
    "qti_1": "QTI 1.2 is not read. Export it as QTI 2.1, 2.2 or 3.0, or as Moodle XML.",
    "xml_malformed": "This is no XML that can be read.",
    "encoding_unknown": "The file is in no encoding that is known here. Save it as UTF-8.",
    "xml_forbidden": "The file defines entities, and is not read. Export it again.",
    "xml_too_large": "The file is nested too deeply, or too large.",
    # Pictures and sounds
    "media_kind": "“{name}” was left out: it is neither picture nor sound.",
    "media_second": "“{name}” was left out: there is place for one picture and one sound.",
    "media_missing": "“{name}” is not in the file.",
    "media_too_large": "“{name}” was left out: the pictures and sounds of this file are too large together.",
    "media_too_many": "The file has more than {most} pictures and sounds; the others were left out.",
    "media_left": "“{prompt}” was kept without “{name}”. {why}",
    "media_needed": "“{prompt}” was left out, for it needs “{name}”. {why}",
    "media_left_off_shelf": "“{prompt}” was kept without a picture or sound that is not on the shelf.",
    "media_needed_off_shelf": "“{prompt}” was left out, for it needs a picture or sound that is not on the shelf.",
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "where": {
        "question": "the question",
        "type": "type",
        "prompt": "what is asked",
        "text": "text with gaps",
        "options": "options",
        "targets": "targets",
        "answer": "answers",
        "tolerance": "tolerance",
        "unit": "unit",
        "explanation": "explanation",
        "picture": "pictures",
        "sound": "sound",
        "points": "knowledge points",
        "questions": "parts",
        "table": "columns",
        "rubric": "rubric",
        "folder": "folder",
        "tags": "tags",
        "level": "level",
        "language": "language",
    },
    "why": {
        # of rules
        "undeclared": "a response that is not declared",
        "tries": "too many answers to try",
        "worthless": "no answer brings more than none",
        "together": "answers that are right only together",
        "outcomes": "which outcome is the points",
        "alike": "several answers that bring the same",
        "endless": "numbers without an end",
        "numbers": "several numbers",
        "no_number": "no number at all",
        "choices": "{n} choices, {part}",
        "response": "a {part} response",
        "tolerance": "a tolerance",
        "word": "“{part}” for a number",
        "outcome": "an outcome “{part}” that is not declared",
        "element": "“{part}”",
        # of pictures and sounds
        "type_unsupported": "Files of this type cannot be shown.",
        "codec_unsupported": "Browsers cannot play this kind of sound or picture. Save it as MP4 (H.264 and AAC).",
        "damaged": "The file is damaged, or not what it says to be.",
        "too_many_pixels": "The picture is larger than 64 megapixels.",
        "too_complex": "It takes too long, or too much memory, to be made ready.",
        "too_long": "It is longer than it may be.",
        "late": "It took too long to be made ready.",
        "unfit": "It is not what it is called.",
    },
}
UNTOLD = "It cannot be shown."
MOST_CHARACTERS = 80
"""Of a field: what is in a file is strangers'."""

Fields = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Note:
    """What it is, and where: a line of the file, counted from 1, where there are lines; a `file` of a package, or the
    `number` of a question, where `fields` say so."""

    line: int | None
    code: str
    fields: Fields = field(default_factory=dict)

    @property
    def message(self) -> str:
        words = {
            name: said.get(str(self.fields.get(name)), UNTOLD).format(**self.fields) for name, said in WORDS.items()
        }
        said = SAYS[self.code].format(**{**self.fields, **words})
        if "file" in self.fields:
            return f"{self.fields['file']}: {said}"
        return f"Question {self.fields['number']}: {said}" if "number" in self.fields else said


def noted(line: int | None, code: str, **fields: str | int) -> Note:
    return Note(
        line, code, {name: one[:MOST_CHARACTERS] if isinstance(one, str) else one for name, one in fields.items()}
    )
