"""The identity of an article: its canonical URL, normalised; else the producer's id; else a hash of its folded text."""

import hashlib
import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

from w3lib.url import canonicalize_url

from transforms.text.folding import fold

# Parameters that say where a reader comes from, never which page it is. Names as published by the ad and mail services.
_TRACKING: Final = re.compile(
    r"""^(?:
        utm_\w+ | at_(?:medium|campaign|custom\d|format|link_\w+|ptr_\w+|bbc_\w+) | mtm_\w+ | pk_\w+ | piwik_\w+
        | hsa_\w+ | _hs\w+ | mc_[ce]id | mkt_tok | vero_\w+ | oly_\w+ | wickedid | __s | sc_\w+ | trk(?:_\w+)?
        | fbclid | gclid | gclsrc | gbraid | wbraid | dclid | yclid | ysclid | msclkid | twclid | ttclid | igshid | igsh
        | li_fat_id | epik | cmpid | ocid | ncid | ito | smid | smtyp | xtor | wt_?\w*zmc | wtrid | ref | ref_src
        | ref_url | referrer | recirc | taid | soc_src | soc_trk | guccounter | guce_\w+ | _ga | _gl | spm | share
        | s_cid | ftag | cid_source | fromrss | linkid | campaign(?:_id)? | cmp
        | phpsessid | jsessionid | sessionid
    )$""",
    re.IGNORECASE | re.VERBOSE,
)
_AMP_PARAMETER: Final = re.compile(r"^(?:amp|_amp|outputtype|output|amp_js_v|amp_gsa|usqp)$", re.IGNORECASE)
_AMP_VALUES: Final = frozenset({"", "1", "true", "amp"})
_AMP_CACHE: Final = re.compile(r"\.cdn\.ampproject\.org$")
_AMP_PATH_PREFIX: Final = re.compile(r"^/amp(?=/)")
_AMP_PATH_SUFFIX: Final = re.compile(r"(?:/amp/?|[._-]amp(?=\.html?$)|\.amp)$")
_AMP_PATH_FILE: Final = re.compile(r"[._-]amp(\.html?)$")
_MOBILE_HOST: Final = re.compile(r"^(?:m|mobile|mobil|touch|amp|wap)\.(?=[^.]+\.)")
_MOBILE_LABEL: Final = re.compile(r"^(www|[a-z]{2})\.(?:m|mobile|amp)\.(?=[^.]+\.)")
_SESSION_PATH: Final = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#]*", re.IGNORECASE)
_ROUTE: Final = re.compile(r"(![/\w][^?]*)")
"""A fragment that says which page it is ("#!/story/2"), up to its own parameters; others are places in a page."""
_PLAIN: Final = re.compile(r"(https?)://((?:[a-z0-9-]++\.)+[a-z]{2,})((?:/[\w~-]++(?:\.[\w~-]++)*+)*+/?)", re.ASCII)
"""An address as most are: nothing to decode, to sort or to resolve, so nothing to ask a library about."""
_SAFE: Final = "!/-._~:=&,;+@$*'()"
_MAX_URL: Final = 4096


def normalise_url(url: str) -> str | None:
    """Return the form that all spellings of an http(s) URL share, or None when `url` is not one.

    Removes tracking and session parameters, fragments (but for routes, `#!/story`), default ports, credentials and dot
    segments; sorts parameters; maps AMP and mobile addresses to the host they stand for; lower-cases the host (IDNs in
    their ASCII form) and normalises percent-encoding. What a path says otherwise, trailing slash included, is left as
    it is.
    """
    url = url.strip()
    if not url or len(url) > _MAX_URL:
        return None
    if (plain := _PLAIN.fullmatch(url)) and not _AMP_CACHE.search(plain[2]):
        return f"{plain[1]}://{_desktop(plain[2])}{_without_amp(plain[3] or '/') or '/'}"
    try:
        parts = urlsplit(_without_amp_cache(url.replace("\\", "/")))
        host, port = (parts.hostname or "").rstrip("."), parts.port
        if parts.scheme.lower() not in {"http", "https"} or not host or not _is_host(host):
            return None
        host = _desktop(host)
        default = {"http": 80, "https": 443}[parts.scheme.lower()]
        netloc = f"[{host}]" if ":" in host else host
        if port and port != default:
            netloc = f"{netloc}:{port}"
        path = _without_amp(_SESSION_PATH.sub("", parts.path))
        query = urlencode(
            [(k, v) for k, v in parse_qsl(parts.query, keep_blank_values=True) if not _is_incidental(k, v)]
        )
        normal = str(canonicalize_url(urlunsplit((parts.scheme.lower(), netloc, path, query, ""))))
        route = _ROUTE.match(parts.fragment)
        return f"{normal}#{quote(unquote(route[1]), safe=_SAFE)}" if route else normal
    except (ValueError, UnicodeError):
        return None


def _desktop(host: str) -> str:
    """Return the host that a mobile one stands for."""
    return _MOBILE_HOST.sub("", _MOBILE_LABEL.sub(r"\1.", host))


def _without_amp(path: str) -> str:
    return _AMP_PATH_PREFIX.sub("", _AMP_PATH_SUFFIX.sub("", _AMP_PATH_FILE.sub(r"\1", path)))


def _is_host(host: str) -> bool:
    return not re.search(r"[\s<>\"'`{}|\\^%]", host) and ("." in host[1:] or host == "localhost" or ":" in host)


def _is_incidental(name: str, value: str) -> bool:
    if _AMP_PARAMETER.match(name):
        return value.lower() in _AMP_VALUES
    return _TRACKING.match(name) is not None


def _without_amp_cache(url: str) -> str:
    """Return the publisher's URL for one of the AMP cache (`…cdn.ampproject.org/c/s/host/path`)."""
    parts = urlsplit(url)
    if not parts.hostname or not _AMP_CACHE.search(parts.hostname):
        return url
    kind, _, rest = parts.path.lstrip("/").partition("/")
    if kind not in {"c", "v", "i"}:
        return url
    secure = rest.startswith("s/")
    return f"{'https' if secure else 'http'}://{rest[2:] if secure else rest}" + (
        f"?{parts.query}" if parts.query else ""
    )


_CREDENTIALS: Final = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]{0,31}:)?(//)[^/?#]*@")
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean_url(url: str) -> str:
    """Return an address as it may be shown: without credentials, control characters and marks of direction."""
    return _CREDENTIALS.sub(r"\1\2", _UNSEEN.sub("", url).strip())


def join_url(base: str | None, url: str) -> str | None:
    """Return `url` as it is meant on the page `base`, None where the two make no address."""
    try:
        return urljoin(base, url) if base else url
    except ValueError:
        return None


def parts_of(url: str | None) -> SplitResult:
    """Return the parts of an address; empty ones where it is none."""
    try:
        return urlsplit(url or "")
    except ValueError:
        return urlsplit("")


def path_of(url: str) -> str:
    """Return the path of an address, empty where it is none."""
    return parts_of(url).path


def canonical_url(declared: str | None, url: str | None) -> str | None:
    """Return the URL that identifies a page, normalised: what it declares as canonical when that can be believed.

    A declaration is not believed when it leads to another site or to a home page: templates get these wrong.
    """
    own = normalise_url(url) if url else None
    if declared:
        canonical = normalise_url(join_url(url, declared) or "")
        if canonical and not _is_home(canonical) and (own is None or domain_of(canonical) == domain_of(own)):
            return canonical
    return own


def _is_home(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in {"", "/"} and not parts.query and not parts.fragment


def domain_of(url: str | None) -> str | None:
    """Return the registrable domain of `url` (`bbc.co.uk`), else its host; None when there is none."""
    if not url:
        return None
    from courlan import extract_domain  # loads much that a process which only needs addresses does not

    try:
        return extract_domain(url) or urlsplit(url).hostname
    except (ValueError, UnicodeError):
        return None


def request_key(url: str | None, raw_id: str | None) -> str:
    """Return the identity of a record as far as it is known before its body is read; empty when there is none."""
    normal = normalise_url(url) if url else None
    return normal or (f"urn:khabar:id:{quote(raw_id, safe='')}" if raw_id else "")


def article_uri(canonical: str | None, raw_id: str | None, text: str) -> str:
    """Return the identity of an article from its canonical URL, its producer's id or its text."""
    if canonical:
        return canonical
    if raw_id:
        return request_key(None, raw_id)
    return f"urn:khabar:sha256:{hashlib.sha256((fold(text) or text).encode()).hexdigest()}"
