"""Invented Chinese names and notes. Common surnames and given-name characters; nobody in particular."""

from __future__ import annotations

import random

from simulators.person import Sex

#: Most common surnames, commonest first.
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
#: Characters usual in the names of women born before 1960.
FEMALE = "秀英兰芳玉桂珍凤梅香花云莲素翠霞红琴爱淑春月荣惠"
#: Characters usual in the names of men born before 1960.
MALE = "国建德福贵祥明华春生林成永树文志富根忠义长庆传宝"
#: Characters usual in the names of their children.
YOUNGER = "伟静磊丽勇娟军敏强洁鹏婷涛艳超燕刚莉波雪"

SHARE_TWO_CHARACTERS = 0.8

APPROACHES = (
    "叫“{title}”会答应。从正面慢慢走近，别从背后拉。",
    "听力不好，站到跟前再说话。喜欢聊从前厂里的事。",
    "不要争辩，顺着说“咱们先回家吃饭”就会跟着走。",
    "怕黑，晚上走近时先照亮自己的脸。",
    "右膝不好，别催；让他扶着你的胳膊。",
    "爱听五音戏，放一段就能安静下来。",
    "会说要去接孩子放学；说“孩子已经到家了”即可。",
    "带着一颗糖，给了就愿意坐下歇一歇。",
    "说方言，普通话听得慢，一句一句来。",
    "糖尿病，出门久了先问有没有吃东西。",
    "常往老宅方向走，先到河边那条路找。",
    "紧张时会骂人，过两分钟就好，陪着就行。",
)

RELATIONS = ("女儿", "儿子", "老伴", "孙女", "孙子", "儿媳", "女婿")


def elder(rng: random.Random, sex: Sex) -> str:
    """A full name of an old person."""
    return _surname(rng) + _given(rng, FEMALE if sex is Sex.FEMALE else MALE)


def relative(rng: random.Random, relation: str, family_name: str) -> str:
    """A relative's name; children bear the family's surname."""
    own = family_name if relation in {"女儿", "儿子", "孙女", "孙子"} else _surname(rng)
    return f"{own}{_given(rng, YOUNGER)}（{relation}）"


def approach(rng: random.Random, display_name: str, sex: Sex) -> str:
    """How to calm this person: one sentence for whoever goes."""
    title = f"{display_name[0]}{'大娘' if sex is Sex.FEMALE else '大爷'}"
    return rng.choice(APPROACHES).format(title=title)


def _surname(rng: random.Random) -> str:
    # Squaring favours the front of the list, as in life.
    return SURNAMES[int(len(SURNAMES) * rng.random() ** 2)]


def _given(rng: random.Random, characters: str) -> str:
    count = 2 if rng.random() < SHARE_TWO_CHARACTERS else 1
    return "".join(rng.sample(characters, count))
