"""Invented words for an invented company: no name, text or address here belongs to anyone."""

import random

VERBS = (
    "Add",
    "Fix",
    "Refactor",
    "Investigate",
    "Migrate",
    "Remove",
    "Speed up",
    "Document",
    "Retry",
    "Split",
    "修复",
    "Vérifier",
)
THINGS = (
    "login page",
    "invoice export",
    "retry queue",
    "météo widget",
    "search index",
    "支付接口",
    "OAuth callback",
    "CSV import",
    "billing job",
    "audit trail",
    "дашборд",
    "mobile onboarding",
    "rate limiter",
    "price list",
    'webhook "v2"',
    "cache <layer>",
    "naïve parser",
    "日本語の検索",
    "nightly sync",
    "tax & duty table",
)
ENDINGS = (
    "times out",
    "for EU customers",
    "🚀",
    "after upgrade",
    "in dark mode",
    "when empty",
    "- phase 2",
    "by Friday 🙏",
    "(again)",
    "with 10,000 rows",
    "on Safari",
    "für Österreich",
)
SENTENCES = (
    "The export stops after the first page.",
    "Steps: open the list, sort by date, press export.",
    "Seen twice this week; no pattern so far 🤔.",
    "We agreed to ship it behind a switch.",
    "客户反馈页面加载超过十秒 需要尽快处理。",
    'A back\\slash, a "quote" and a tab\tin one line.',
    "See C:\\temp\\log.txt and https://example.com/a?b=1&c=2.",
    "Numbers differ by 0.1 % between both reports.",
    "Der Kunde wünscht eine Rückmeldung bis Ende März.",
    "次のリリースで対応します。",
    "It works on staging but not in production.",
    "Please do not merge before the audit is over.",
)
FIRST_NAMES = (
    "Ada",
    "Bo",
    "Chiara",
    "Dmitri",
    "Eun-ji",
    "Fátima",
    "Gil",
    "Hana",
    "Ivo",
    "Jun",
    "Kofi",
    "Léa",
    "美玲",
    "Noor",
    "Olu",
    "Per",
    "Søren",
    "Zoë",
)
LAST_NAMES = (
    "Abara",
    "Brandt",
    "Cho",
    "Dubois",
    "Eriksen",
    "Ferrante",
    "Góra",
    "Haddad",
    "Ito",
    "Jansen",
    "Król",
    "Lindqvist",
    "王",
    "Mbeki",
    "Núñez",
    "O'Neil",
)
LABELS = (
    "backend",
    "frontEnd",
    "tech-debt",
    "customer_ask",
    "q3",
    "回归",
    "quick-win",
    "a11y",
    "needs-review",
    "Saas",
    "security",
    "émoji-🔥",
)
COMPANIES = ("Northwind", "Contoso", "Globex", "Initech", "Umbra")


def summary(rng: random.Random) -> str:
    return f"{rng.choice(VERBS)} {rng.choice(THINGS)} {rng.choice(ENDINGS)}"


def sentence(rng: random.Random) -> str:
    return rng.choice(SENTENCES)


def person_name(rng: random.Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(LAST_NAMES)}"


def hexadecimal(rng: random.Random, digits: int) -> str:
    return f"{rng.getrandbits(digits * 4):0{digits}x}"


def uuid(rng: random.Random) -> str:
    digits = hexadecimal(rng, 32)
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
