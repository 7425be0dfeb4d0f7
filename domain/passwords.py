"""What a password may be: long, not one that everybody tries first, and not about its owner.

Length is what counts (NIST SP 800-63B): no classes of characters are asked for. A list of leaked passwords is long and
ages; but those of twelve characters and more that people share are made of the same few words, runs and repetitions,
and these are told from a short list by what they are made of.
"""

from __future__ import annotations

import re
import unicodedata

from domain.errors import Problem

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 200
DIFFERENT_CHARACTERS_MIN = 5

_COMMON = frozenset(
    [
        "abc",
        "access",
        "account",
        "adidas",
        "admin",
        "administrator",
        "adobe",
        "amanda",
        "america",
        "andrea",
        "andrew",
        "angel",
        "anthony",
        "apple",
        "arsenal",
        "ashley",
        "asdf",
        "asdfgh",
        "asdfghjkl",
        "august",
        "austin",
        "autumn",
        "bailey",
        "banana",
        "barcelona",
        "baseball",
        "basketball",
        "batman",
        "bank",
        "beautiful",
        "bitcoin",
        "blink",
        "blessed",
        "boomer",
        "brandon",
        "buster",
        "butterfly",
        "california",
        "carlos",
        "change",
        "changeme",
        "charlie",
        "cheese",
        "chelsea",
        "chicken",
        "chocolate",
        "christ",
        "christian",
        "coffee",
        "company",
        "computer",
        "cookie",
        "cowboys",
        "creative",
        "daniel",
        "database",
        "default",
        "demo",
        "diamond",
        "dolphin",
        "dragon",
        "eagles",
        "eminem",
        "enter",
        "facebook",
        "family",
        "ferrari",
        "flower",
        "football",
        "forever",
        "freedom",
        "friend",
        "friends",
        "fuckyou",
        "future",
        "ginger",
        "god",
        "google",
        "guest",
        "hannah",
        "happy",
        "harley",
        "heaven",
        "hello",
        "hockey",
        "home",
        "hunter",
        "iceman",
        "iloveyou",
        "internet",
        "jasmine",
        "jennifer",
        "jessica",
        "jesus",
        "john",
        "jordan",
        "joshua",
        "july",
        "june",
        "justin",
        "killer",
        "king",
        "ladybug",
        "lakers",
        "letmein",
        "liverpool",
        "login",
        "london",
        "lovely",
        "love",
        "lover",
        "loveme",
        "lucky",
        "maggie",
        "manager",
        "manchester",
        "marina",
        "master",
        "matrix",
        "matthew",
        "melissa",
        "mercedes",
        "michael",
        "michelle",
        "midnight",
        "minecraft",
        "missionbook",
        "monday",
        "money",
        "monkey",
        "monster",
        "morgan",
        "mother",
        "mustang",
        "myspace",
        "naruto",
        "nicole",
        "november",
        "office",
        "october",
        "oliver",
        "orange",
        "pass",
        "passphrase",
        "passw0rd",
        "password",
        "peaches",
        "pepper",
        "phoenix",
        "pokemon",
        "power",
        "princess",
        "purple",
        "qazwsx",
        "qwe",
        "qwer",
        "qwert",
        "qwerty",
        "qwertyuiop",
        "rainbow",
        "ranger",
        "realmadrid",
        "robert",
        "root",
        "samantha",
        "samsung",
        "school",
        "secret",
        "security",
        "september",
        "server",
        "service",
        "shadow",
        "silver",
        "slipknot",
        "smokey",
        "soccer",
        "spider",
        "spiderman",
        "spring",
        "starwars",
        "steelers",
        "summer",
        "sunday",
        "sunflower",
        "sunshine",
        "super",
        "superman",
        "superstar",
        "support",
        "sweet",
        "system",
        "taylor",
        "temp",
        "temporary",
        "test",
        "tester",
        "thomas",
        "thunder",
        "tiger",
        "tigger",
        "tinkerbell",
        "trustno",
        "trustnoone",
        "unknown",
        "user",
        "vanessa",
        "victoria",
        "wachtwoord",
        "welcome",
        "whatever",
        "william",
        "windows",
        "winter",
        "wizard",
        "wolf",
        "yankees",
        "yellow",
        "you",
        "your",
        "zaq",
        "zxc",
        "zxcv",
        "zxcvbn",
        "zxcvbnm",
        "my",
        "me",
        "is",
        "the",
        "one",
        "i",
        "im",
        "our",
        "this",
        "it",
        "no",
        "not",
    ]
)
_RUNS = (
    "01234567890123456789",
    "09876543210987654321",
    "abcdefghijklmnopqrstuvwxyz",
    "zyxwvutsrqponmlkjihgfedcba",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm",
)
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_AROUND = "0123456789 .,;:!?*#+-_=/&%"
_LONGEST = max(map(len, _COMMON))


def password_problems(password: str, *, email: str, name: str) -> list[Problem]:
    """Return what is wrong with a password for a person; nothing where it may be taken."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        return [Problem("password", f"takes {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters")]
    plain = unicodedata.normalize("NFKC", password).casefold()
    about = next((word for word in _words_about(email, name) if word in plain), None)
    if about:
        return [Problem("password", "holds your name or email; choose words that have nothing to do with you")]
    if is_common(plain):
        return [Problem("password", "is one that many people choose; take three or four words that do not go together")]
    return []


def is_common(plain: str) -> bool:
    """Tell whether nothing is left of a password after well-known words, runs of keys, years and repetitions."""
    if len(set(plain)) < DIFFERENT_CHARACTERS_MIN or _repeats(plain):
        return True
    return any(_made_of_common(said) for said in (plain, plain.strip(_AROUND).translate(_LEET)))


def _made_of_common(said: str) -> bool:
    for run in _RUNS:
        for length in range(len(run), 3, -1):
            for start in range(len(run) - length + 1):
                said = said.replace(run[start : start + length], " ")
    words = re.sub(r"[^a-z]+", " ", said).split()
    return all(map(_is_joined_from_common, words))


def _is_joined_from_common(word: str) -> bool:
    """Tell whether a word is common words without a space between, in a time that grows with its length only."""
    reached = {0}
    for end in range(1, len(word) + 1):
        if any(start in reached and word[start:end] in _COMMON for start in range(max(0, end - _LONGEST), end)):
            reached.add(end)
    return len(word) in reached


def _repeats(plain: str) -> bool:
    """Tell whether a password is one short piece again and again."""
    return any(plain == (plain[:length] * len(plain))[: len(plain)] for length in range(1, len(plain) // 2 + 1))


def _words_about(email: str, name: str) -> list[str]:
    local = email.partition("@")[0]
    said = re.split(r"[^\w]+", f"{local} {name}".casefold())
    return [word for word in (local.casefold(), *said) if len(word) >= 4]
