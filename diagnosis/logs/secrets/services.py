"""How keys of services look: chat, mail, payment, models, monitoring, documents."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.logs.secrets.finding import Detector, Finding, any_case
from diagnosis.logs.secrets.shapes import ALNUM, ALONE, HEX, UUID, WORD, Shape
from diagnosis.logs.secrets.values import is_plain

_CHAT = (
    Shape(
        "slack-token",
        (*(f"xox{kind}-" for kind in "abcdefoprs"), "xoxe.", "xapp-"),
        (r"xox[a-fo-s](?:\.xox[a-fo-s])?-(?:[A-Za-z0-9-]|%2[BbFf]|%3[Dd]){10,}+", r"xapp-\d-[A-Za-z0-9-]{16,}"),
    ),
    Shape(
        "slack-webhook",
        ("hooks.slack",),
        (
            r"(?<=hooks\.slack\.com/)(?:services|workflows|triggers)/[A-Za-z0-9_/+-]{20,}",
            r"(?<=hooks\.slack-gov\.com/)services/[A-Za-z0-9_/+-]{20,}",
        ),
    ),
    Shape(
        "teams-webhook",
        ("webhook",),
        (
            r"(?<=\.office\.com/)webhook(?:b2)?/[A-Za-z0-9@/_-]{36,}",
            r"(?<=\.office365\.com/)webhook(?:b2)?/[A-Za-z0-9@/_-]{36,}",
        ),
    ),
    Shape("discord-webhook", ("/webhooks/",), (rf"(?<=/webhooks/)\d{{15,22}}/{WORD}{{30,}}",)),
    Shape(
        "discord-token", (*any_case("discord"), "Bot "), (rf"{ALONE}[MNO]{WORD}{{22,28}}\.{WORD}{{6}}\.{WORD}{{27,}}",)
    ),
    Shape(
        "discord-token",
        ("MTA", "MTE", "MTI", "MTM", "MTQ"),
        (rf"{ALONE}MT[AEIMQ]{WORD}{{21,25}}\.{WORD}{{6}}\.{WORD}{{27,}}",),
    ),
    Shape("telegram-token", (":AA",), (rf"(?<!\d)\d{{8,10}}:AA{WORD}{{32,35}}(?!{WORD})",)),
    Shape("zapier-webhook", ("hooks.zapier",), (r"(?<=hooks\.zapier\.com/)hooks/catch/\d{4,}/[A-Za-z0-9]{5,}",)),
)

_MAIL = (
    Shape("sendgrid-key", ("SG.",), (rf"{ALONE}SG\.{WORD}{{16,32}}\.{WORD}{{16,}}",)),
    Shape("twilio-key", any_case("twil"), (rf"{ALONE}SK{HEX}{{32}}(?!{ALNUM})",)),
    Shape("mailgun-key", ("key-",), (rf"{ALONE}(?<!-)key-{HEX}{{32}}(?!{ALNUM})",)),
    Shape("mailchimp-key", ("-us",), (rf"{ALONE}{HEX}{{32}}-us\d{{1,2}}(?!{ALNUM})",)),
    Shape("brevo-key", ("xkeysib-", "xsmtpsib-"), (rf"x(?:key|smtp)sib-{HEX}{{40,}}-{ALNUM}{{16}}",)),
    Shape("resend-key", ("re_",), (rf"{ALONE}re_{ALNUM}{{8}}_{ALNUM}{{20,}}",)),
)

_MODELS = (
    Shape(
        "ai-key",
        ("sk-", "gsk_", "xai-", "pplx-", "r8_", "lsv2_", "pcsk_", "tvly-", "nvapi-"),
        (
            rf"{ALONE}(?:gsk_|xai-|pplx-|r8_|lsv2_(?:pt|sk)_|pcsk_|tvly-|nvapi-){WORD}{{28,}}",
            rf"{ALONE}(?<!-)sk-(?:ant|proj|svcacct|admin|or|lf)-{WORD}{{16,}}",
        ),
    ),
    Shape("huggingface-token", ("hf_", "api_org_"), (rf"{ALONE}(?:hf_|api_org_){ALNUM}{{30,}}",)),
)

_PAYMENT = (
    Shape(
        "stripe-key",
        ("_live_", "_test_", "_prod_", "whsec_"),
        (rf"(?:sk|rk)_(?:live|test|prod)_{ALNUM}{{10,}}", r"whsec_[A-Za-z0-9+/]{20,}"),
    ),
    Shape(
        "square-token",
        ("sq0atp-", "sq0csp-", "sq0idp-", "EAAA"),
        (rf"sq0(?:at|cs|id)p-{WORD}{{22,}}", rf"{ALONE}EAAA[A-Za-z0-9+=_-]{{56,}}"),
    ),
    Shape(
        "shopify-token",
        ("shpat_", "shpca_", "shppa_", "shpss_", "shptka_", "shpua_"),
        (r"shp(?:at|ca|pa|ss|tka|ua)_[0-9a-fA-F]{32,}",),
    ),
    Shape(
        "payment-key",
        (
            "access-production-",
            "access-sandbox-",
            "access-development-",
            "EZAK",
            "EZTK",
            "FLWSECK",
            "shippo_",
            "duffel_",
        ),
        (
            rf"access-(?:production|sandbox|development)-{UUID}",
            rf"EZ[AT]K{ALNUM}{{54}}",
            r"FLWSECK(?:_TEST)?-[A-Za-z0-9-]{12,}",
            rf"shippo_(?:live|test)_{HEX}{{40}}",
            rf"duffel_(?:live|test)_{WORD}{{40,}}",
        ),
    ),
    Shape(
        "facebook-token",
        ("EAACEdEose0cBA", "EAAB", "EAAG"),
        (rf"EAACEdEose0cBA{ALNUM}{{10,}}", rf"{ALONE}EAA[BG]{ALNUM}{{80,}}"),
    ),
)

_MONITORING = (
    Shape(
        "newrelic-key",
        ("NRAK-", "NRAL", "NRII-", "NRJS-", "NRIQ-", "NRAA-", "NRRA-", "NRSP-", "NRBR-"),
        (rf"NR(?:AK|II|JS|IQ|AA|RA|SP|BR)-{WORD}{{18,}}", rf"{HEX}{{36}}NRAL"),
    ),
    Shape(
        "grafana-token",
        ("glsa_", "glc_", "eyJrIjoi"),
        (r"glsa_[A-Za-z0-9_]{32,}", rf"{ALONE}glc_[A-Za-z0-9+/_-]{{32,}}={{0,2}}", rf"eyJrIjoi{ALNUM}{{40,}}={{0,2}}"),
    ),
    Shape("sentry-token", ("sntrys_", "sntryu_", "sntrya_", "sntryi_"), (r"sntry[suai]_[A-Za-z0-9+/=_-]{32,}",)),
    Shape(
        "monitoring-key",
        ("dt0", "hcaik_", "hcxik_", "phx_", "phs_"),
        (
            rf"dt0[a-z]\d\d\.{ALNUM}{{24}}\.{ALNUM}{{64}}",
            r"hc[ax]ik_[a-z0-9]{58}",
            rf"{ALONE}ph[xs]_{ALNUM}{{32,}}",
        ),
    ),
)

_DOCUMENTS = (
    Shape("linear-token", ("lin_api_", "lin_oauth_", "lin_wh_"), (rf"lin_(?:api|oauth|wh)_{ALNUM}{{30,}}",)),
    Shape(
        "notion-token", ("secret_", "ntn_"), (rf"{ALONE}secret_{ALNUM}{{43}}(?!{ALNUM})", rf"{ALONE}ntn_{ALNUM}{{40,}}")
    ),
    Shape(
        "figma-token",
        ("figd_", "figo_", "figu_", "figor_", "figoh_", "figdr_", "figur_"),
        (rf"{ALONE}fig(?:d|o|u|or|oh|dr|ur)_{WORD}{{36,}}",),
    ),
    Shape("postman-key", ("PMAK-", "PMAT-"), (r"PMA[KT]-[A-Za-z0-9-]{24,}",)),
    Shape(
        "service-key",
        ("pnu_", "pnb_", "rdme_", "CFPAT-", "aio_", "tfp_", "pat"),
        (
            rf"{ALONE}pn[ub]_{ALNUM}{{36}}",
            r"rdme_[a-z0-9]{70}",
            rf"CFPAT-{WORD}{{43}}",
            rf"{ALONE}aio_{ALNUM}{{28}}",
            rf"{ALONE}tfp_[A-Za-z0-9_.=-]{{59}}",
            rf"{ALONE}pat{ALNUM}{{14}}\.{HEX}{{64}}",
        ),
    ),
    Shape("otp-seed", ("otpauth",), (r"(?<=otpauth://)[A-Za-z]{4}/[^\s\"'<>]{8,}",)),
)

_LOOSE = re.compile(rf"{ALONE}(?<![/.-])sk-{WORD}{{20,}}")


def _loose_keys(text: str) -> Iterator[Finding]:
    for found in _LOOSE.finditer(text):
        if not is_plain(found[0]) and any(map(str.isdigit, found[0])):
            yield Finding(found.start(), found.end(), "ai-key")


DETECTORS = (
    *(shape.detector() for shape in (*_CHAT, *_MAIL, *_MODELS, *_PAYMENT, *_MONITORING, *_DOCUMENTS)),
    Detector(("sk-",), _loose_keys),
)
