"""Lessons' transcripts, by a seed: Chinese and English sentences about their subjects, as teachers speak them.

A lesson has a topic of its subject, whose words come again and again in it, among words of the subject and a great many
that every lesson has; as words in speech, few are frequent and most are rare.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

SUBJECTS: dict[str, tuple[str, ...]] = {
    "chinese": (
        *("秋天的雨", "望庐山瀑布", "落叶", "比喻句", "课文"),
        *("生字", "诗人李白", "段落大意", "修辞手法", "作者的感情"),
    ),
    "maths": (
        *("分数的加法", "通分", "平行四边形", "面积公式", "一元一次方程"),
        *("圆周率", "小数点", "应用题", "勾股定理", "函数图像"),
    ),
    "science": (
        *("光合作用", "叶绿素", "二氧化碳", "水的蒸发", "电路"),
        *("磁铁的两极", "食物链", "细胞分裂", "牛顿第一定律", "酸碱中和"),
    ),
    "english": (
        *("past tense", "photosynthesis", "fractions", "adjectives", "the solar system"),
        *("a healthy breakfast", "pen friends", "weather report", "shopping list", "comparatives"),
    ),
    "history": (
        *("丝绸之路", "秦始皇", "唐朝", "辛亥革命", "长城"),
        *("四大发明", "郑和下西洋", "科举制度", "明朝", "考古发现"),
    ),
}
COMMON_ZH = (
    *(
        "同学们",
        "我们",
        "今天",
        "来看",
        "这个",
        "问题",
        "大家",
        "想一想",
        "非常好",
        "请坐",
        "老师",
        "举手",
        "下面",
        "为什么",
        "因为",
    ),
    *(
        "所以",
        "可以",
        "现在",
        "第一",
        "第二",
        "一起",
        "读一遍",
        "黑板",
        "翻到",
        "课本",
        "注意",
        "这里",
        "那么",
        "对不对",
        "是不是",
    ),
)
COMMON_EN = (
    *("now", "class", "look", "at", "the", "this", "is", "a", "very", "good", "question", "please", "listen", "and"),
    *("repeat", "we", "will", "learn", "about", "today", "who", "can", "tell", "me", "why", "because"),
)
HAN = [chr(code) for code in range(0x4E00, 0x4E00 + 3500)]


@dataclass(frozen=True, slots=True)
class Spoken:
    title: str
    subject: str
    grade: str
    point: str
    cues: list[tuple[int, str]]


@cache
def _rare(seed: int) -> tuple[Sequence[str], Sequence[float]]:
    """Words that few lessons have, with how often each comes, added up."""
    chance = random.Random(seed)
    often = list(accumulate(1 / (n + 8) for n in range(len(HAN))))
    found = ["".join(chance.choices(HAN, cum_weights=often, k=2)) for _ in range(20_000)]
    return found, list(accumulate(1 / (n + 20) for n in range(len(found))))


def lesson(number: int, seed: int = 1) -> Spoken:
    """Of 5 to 45 minutes, at 170 characters a minute; of each number another one."""
    chance = random.Random(seed * 1_000_003 + number)
    rare, rarely = _rare(seed)
    subject = chance.choice(list(SUBJECTS))
    topic = chance.choice(SUBJECTS[subject])
    minutes = int(chance.triangular(5, 45, 20))
    is_english = subject == "english"
    common, least = (COMMON_EN, 40) if is_english else (COMMON_ZH, 0)
    pool = chance.choices(rare, cum_weights=rarely, k=minutes * 12)
    cues = []
    for n in range(minutes * 11):
        words = chance.choices(common, k=5 + least // 10)
        if not is_english:
            words += chance.sample(pool, 3)
        if n % 9 == 0:
            words.insert(chance.randrange(len(words)), topic)
        if n % 25 == 0:
            words.insert(0, chance.choice(SUBJECTS[subject]))
        cues.append((n * 5_400, (" " if is_english else "").join(words)))
    return Spoken(f"{topic} {number % 40 + 1}", subject, f"g{number % 9 + 1}", topic, cues)


def searches(count: int, seed: int = 2) -> Iterator[str]:
    """What people look for: mostly topics, and parts of them; sometimes two words, a rare one, or what all say."""
    chance = random.Random(seed)
    every = [topic for topics in SUBJECTS.values() for topic in topics]
    for _ in range(count):
        match chance.random():
            case x if x < 0.5:
                yield chance.choice(every)
            case x if x < 0.7:
                topic = chance.choice(every)
                yield topic[: max(2, len(topic) // 2)]
            case x if x < 0.85:
                yield f"{chance.choice(every)} {chance.choice(COMMON_ZH)}"
            case x if x < 0.95:
                yield "".join(chance.choices(HAN[:500], k=2))
            case _:
                yield chance.choice((*COMMON_ZH, *COMMON_EN))
