"""Who publishes what stands at an address: more than the registrable domain where one host serves many publishers."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

import orjson
from babel import Locale
from courlan import extract_domain
from tld import get_tld
from tld.exceptions import TldBadUrl, TldDomainNotFound

HOSTS_BY_SUBDOMAIN: Final = frozenset(
    {
        *("substack.com", "wordpress.com", "medium.com", "tumblr.com", "livejournal.com", "ghost.io", "beehiiv.com"),
        *("wixsite.com", "weebly.com", "typepad.com", "over-blog.com", "canalblog.com", "blog.ir", "blogfa.com"),
        *("mihanblog.com", "hatenablog.com", "hatenadiary.jp", "fc2.com", "seesaa.net", "ameblo.jp", "exblog.jp"),
        *("tistory.com", "blogg.se", "skyrock.com", "hypotheses.org", "pages.dev", "notion.site", "posthaven.com"),
        *("sapo.pt", "maktoobblog.com", "blogspot.com", "github.io", "netlify.app", "vercel.app", "wikidot.com"),
    }
)
"""Hosts on which each subdomain is a publisher of its own; those of the public suffix list need not stand here."""
HOSTS_BY_PATH: Final = frozenset(
    {
        *("t.me", "telegram.me", "medium.com", "substack.com", "facebook.com", "twitter.com", "x.com", "instagram.com"),
        *("youtube.com", "tiktok.com", "threads.net", "threads.com", "vk.com", "ok.ru", "dzen.ru", "zen.yandex.ru"),
        *("linkedin.com", "naver.com", "note.com", "ameblo.jp", "weibo.com", "toutiao.com", "zhihu.com", "vc.ru"),
        *("telegra.ph", "tumblr.com", "livejournal.com", "bsky.app", "mastodon.social", "google.com", "patreon.com"),
        *("soundcloud.com", "hubpages.com", "wixsite.com", "qiita.com", "zenn.dev", "blogs.com"),
    }
)
"""Hosts on which the beginning of the path names the publisher."""
_NO_PUBLISHER: Final = frozenset(
    {
        *("s", "i", "pub", "c", "a", "b", "u", "in", "user", "users", "channel", "company", "pulse", "posts", "groups"),
        *(
            "profile",
            "pages",
            "people",
            "share",
            "story",
            "media",
            "id",
            "view",
            "site",
            "newsletters",
            "blog",
            "blogs",
        ),
    }
)
"""Beginnings of a path that say what kind of name comes next."""
_CONTENT: Final = frozenset(
    {
        "p",
        "watch",
        "embed",
        "shorts",
        "reel",
        "reels",
        "status",
        "search",
        "hashtag",
        "explore",
        "login",
        "home",
        "questions",
        "question",
        "topic",
        "tag",
        "tags",
        "article",
        "articles",
        "news",
        "playlist",
        "events",
        "permalink.php",
        "story.php",
    }
)
"""Beginnings of a path that say that no publisher is named."""
_ENGLISH: Final = Locale("en")
_EDITIONS: Final = frozenset(
    {code for code in map(str, _ENGLISH.languages) if code.isalpha() and len(code) == 2}
    | {name.lower() for name in _ENGLISH.languages.values() if name.isascii() and name.isalpha()}
    | {
        "us",
        "uk",
        "gb",
        "au",
        "nz",
        "ca",
        "ie",
        "za",
        "ng",
        "ke",
        "eg",
        "sa",
        "ae",
        "jp",
        "kr",
        "cn",
        "tw",
        "hk",
        "mx",
        "br",
        "at",
        "ch",
    }
    | {
        "arabia",
        "arab",
        "farsi",
        "mundo",
        "espanol",
        "francais",
        "deutsch",
        "turkce",
        "brasil",
        "kurdi",
        "sorani",
        "kurmanji",
    }
) - {"me", "my", "to", "so", "io", "ad", "id", "is"}
"""Subdomains that are editions of a newsroom in another language or for another country."""


def publisher_of(url: str | None) -> str | None:
    """Return who publishes `url`: its registrable domain, with what tells publishers and editions on it apart.

    ``example.com`` for ``www.example.com``, ``arabic.example.com`` for an edition, ``name.substack.com``,
    ``t.me/name``. None when there is no host.
    """
    if not url:
        return None
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        domain = _registrable(url) or host
    except ValueError:
        return None
    if not host:
        return None
    labels = host.removesuffix(domain).rstrip(".").split(".") if host != domain else []
    inner = [label for label in labels if label and label not in {"www", "m", "mobile", "amp"}]
    if inner and domain in HOSTS_BY_SUBDOMAIN:
        return f"{inner[-1]}.{domain}"
    if domain in HOSTS_BY_PATH and (name := _name_in_path(parts.path)):
        return f"{'.'.join([*inner[-1:], domain])}/{name}"
    if inner and inner[-1] in _EDITIONS:
        return f"{inner[-1]}.{domain}"
    return domain


def _registrable(url: str) -> str | None:
    """Return the domain under a public suffix, private ones (``github.io``) included."""
    try:
        found = get_tld(url, as_object=True, search_private=True)
    except (TldBadUrl, TldDomainNotFound):
        return extract_domain(url)
    domain: str | None = getattr(found, "fld", None)
    return domain or extract_domain(url)


def _name_in_path(path: str) -> str | None:
    for part in unquote(path).split("/"):
        name = part.strip().lower()
        if not name or name in _NO_PUBLISHER:
            continue
        if name in _CONTENT or not re.fullmatch(r"@?[\w.\-]{2,60}", name):
            return None
        return name
    return None


_URL: Final = re.compile(rb'"url"\s*:\s*("(?:[^"\\]|\\.){1,4000}")')
_ID: Final = re.compile(rb'"id"\s*:\s*("(?:[^"\\]|\\.){1,1000}")')
_LOOKED_THROUGH: Final = 1 << 20


def salvaged_identity(payload: bytes, headers: dict[str, str]) -> tuple[str | None, str | None]:
    """Return the address and the producer's id that a payload names, also where it cannot be decoded."""
    part = payload[:_LOOKED_THROUGH]
    return _salvaged(_URL, part) or headers.get("url"), _salvaged(_ID, part) or headers.get("id")


def _salvaged(pattern: re.Pattern[bytes], payload: bytes) -> str | None:
    found = pattern.search(payload)
    if found is None:
        return None
    try:
        value = orjson.loads(found[1])
    except orjson.JSONDecodeError:
        return None
    return value if isinstance(value, str) else None
