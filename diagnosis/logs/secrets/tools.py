"""How keys of platforms for developers look: builds, deployments, tests, features, data; and addresses that take messages."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.logs.secrets.finding import Detector, Finding
from diagnosis.logs.secrets.shapes import ALNUM, ALONE, HEX, UUID, WORD, Shape
from diagnosis.logs.secrets.values import is_random

_BEHIND = rf"(?<!{ALNUM}[_-])(?<!{ALNUM})"
"""For marks that are a word: it is the first of its name."""

_SHAPES = (
    Shape(
        "ci-token",
        ("bkat_", "bkct_", "bkaj_", "bkpt_", "API-", "ico-", "pat.", "chpt_"),
        (
            rf"bk(?:at|ct|aj|pt)_{WORD}{{32,}}",
            rf"{_BEHIND}API-[A-Z0-9]{{25,34}}(?![A-Za-z0-9-])",
            rf"{_BEHIND}ico-{ALNUM}{{32}}(?!{ALNUM})",
            rf"{ALONE}pat\.{WORD}{{22}}\.{HEX}{{24}}\.{ALNUM}{{20}}",
            rf"{ALONE}chpt_{HEX}{{12,}}",
        ),
    ),
    Shape(
        "hosting-token",
        (
            "vercel_blob_rw_",
            "vci_",
            "vcr_",
            "vca_",
            "tk-us-",
            "v1.0-",
            "sha256~",
            "K10",
            "packagist_",
            "jsrt_",
            "jsrd_",
        ),
        (
            rf"vercel_blob_rw_{WORD}{{24,}}",
            rf"{ALONE}vc[ira]_{ALNUM}{{24,}}",
            rf"{_BEHIND}tk-us-{WORD}{{40,}}",
            rf"(?<![\w.:/@-])v1\.0-{HEX}{{24}}-{HEX}{{100,}}",
            rf"sha256~{WORD}{{40,}}",
            rf"{ALONE}K10{HEX}{{64}}::[a-z]{{4,10}}:{ALNUM}{{16,}}",
            rf"packagist_(?:[a-z]{{3}}_){{1,2}}{HEX}{{40,}}",
            rf"{ALONE}jsr[td]_{ALNUM}{{30,}}",
        ),
    ),
    Shape(
        "database-token",
        ("napi_", "dkea", "dose", "dsapi", "mdb_sa_sk_", "cflt", "esecret_", "tgp_v1_", "AKID"),
        (
            rf"{ALONE}napi_[a-z0-9]{{40,}}",
            rf"{ALONE}(?:dkea|dose|dsapi){HEX}{{32}}(?!{ALNUM})",
            rf"mdb_sa_sk_{WORD}{{32,}}",
            rf"{ALONE}cflt(?=[A-Za-z+/]{{0,58}}\d)[A-Za-z0-9+/]{{60}}(?![A-Za-z0-9+/])",
            rf"{ALONE}esecret_{ALNUM}{{30,}}",
            rf"{ALONE}tgp_v1_{WORD}{{40,}}",
            rf"{ALONE}AKID{ALNUM}{{32}}(?!{ALNUM})",
        ),
    ),
    Shape(
        "ai-key",
        ("fw_", "wandb_v1_", "csk-", "jina_", "e2b_", "fc-", "AQ.Ab8", "sk.eyJ"),
        (
            rf"{_BEHIND}fw_{ALNUM}{{22,}}(?!{ALNUM})",
            rf"wandb_v1_{WORD}{{32,}}",
            rf"{_BEHIND}csk-[a-z0-9]{{40,}}",
            rf"{_BEHIND}jina_{HEX}{{32}}{WORD}{{20,}}",
            rf"{_BEHIND}e2b_{HEX}{{40}}",
            rf"{_BEHIND}fc-{HEX}{{32}}(?!{ALNUM})",
            rf"{ALONE}AQ\.Ab8{WORD}{{40,}}",
            rf"{ALONE}sk\.eyJ{WORD}{{20,}}\.{WORD}{{16,}}",
        ),
    ),
    Shape(
        "payment-key",
        ("access_token$", "rzp_live_", "rzp_test_", "_apikey_", "live_", "test_"),
        (
            rf"access_token\$(?:production|sandbox)\$[a-z0-9]{{16}}\${HEX}{{32}}",
            rf"rzp_(?:live|test)_{ALNUM}{{14}}(?!{ALNUM})",
            rf"pdl_(?:live|sdbx)_apikey_{WORD}{{24,}}",
            rf"{_BEHIND}(?:live|test)_{HEX}{{35}}(?!{ALNUM})",
        ),
    ),
    Shape(
        "monitoring-key",
        ("dt0s", "ddapp_", "ddpat_", "xaat-", "xapt-", "xait-"),
        (
            rf"dt0s\d\d\.{ALNUM}{{8}}\.{ALNUM}{{64}}",
            rf"{ALONE}dd(?:app|pat)_{ALNUM}{{30,}}",
            rf"{_BEHIND}xa[api]t-{UUID}",
        ),
    ),
    Shape(
        "service-key",
        ("pk_", "pat-", "api-", "sdk-", "mob-", "fio-u-", "sgp_", "sgd_", "BBFF-", "dG9rO", "WPL_AP1.", "sl.", "1000."),
        (
            rf"{ALONE}pk_\d{{6,9}}_[A-Z0-9]{{32}}(?!{ALNUM})",
            rf"{_BEHIND}pat-[a-z]{{2}}\d-{UUID}",
            rf"{_BEHIND}(?:api|sdk|mob)-{UUID}",
            rf"{_BEHIND}fio-u-{WORD}{{40,}}",
            rf"{ALONE}sg[pd]_(?:(?:(?:{HEX}{{16}}|local)_)?{HEX}{{40,}}|{ALNUM}{{64}})",
            rf"{ALONE}BBFF-{ALNUM}{{30,}}",
            rf"{ALONE}dG9rO[A-Za-z0-9+/]{{50,}}=",
            rf"WPL_AP1\.{ALNUM}{{10,}}\.[A-Za-z0-9+/=]{{4,}}",
            rf"{ALONE}(?<![.-])sl\.(?:u\.)?{WORD}{{100,}}",
            rf"{ALONE}(?<![.-])1000\.{HEX}{{32}}\.{HEX}{{32}}",
        ),
    ),
    Shape(
        "service-key",
        ("ATTA", "CCDB1_", "dbtc_", "dbtu_", "dbts_", "unkey_", "tr_", "signkey-", "xau_", "nsct_", "waka_", "polar_"),
        (
            rf"{ALONE}ATTA{HEX}{{64}}",
            rf"CCDB1_{ALNUM}{{22}}_{ALNUM}{{40}}",
            rf"{ALONE}dbt[cus]_{WORD}{{36,}}",
            rf"{ALONE}unkey_{ALNUM}{{16,}}",
            rf"{ALONE}tr_(?:prod|dev|stg|preview)_{ALNUM}{{20,}}",
            rf"signkey-[a-z]{{2,12}}-{HEX}{{32,}}",
            rf"{ALONE}xau_{ALNUM}{{30,}}",
            rf"{ALONE}nsct_{WORD}{{40,}}",
            rf"{ALONE}waka_{UUID}",
            rf"{ALONE}polar_[a-z]{{2,4}}_{ALNUM}{{30,}}",
        ),
    ),
    Shape(
        "service-key",
        (
            "ddp_",
            "vtwn_",
            "dsp_",
            "sktsec_",
            "depot_",
            "secret-live-",
            "secret-test-",
            "sess-",
            ":APA91b",
        ),
        (
            rf"{ALONE}ddp_{ALNUM}{{36,}}",
            rf"{ALONE}vtwn_{ALNUM}{{30,}}",
            rf"{ALONE}dsp_{HEX}{{40}}",
            rf"{ALONE}sktsec_{ALNUM}{{30,}}(?:_[a-z]{{2,8}})?",
            rf"{ALONE}depot_(?:{HEX}{{4,12}}_)?{HEX}{{40,}}",
            rf"{_BEHIND}secret-(?:live|test)-{WORD}{{30,}}",
            rf"{_BEHIND}sess-{ALNUM}{{40}}(?!{ALNUM})",
            rf"{WORD}{{8,20}}:APA91b{WORD}{{100,}}",
        ),
    ),
    Shape(
        "service-key",
        ("st.", "p.eyJ", "AQE"),
        (
            rf"{ALONE}(?<![.-])st\.{HEX}{{24}}\.{HEX}{{32}}\.{HEX}{{32}}",
            rf"{ALONE}(?<![.-])p\.eyJ{WORD}{{40,}}\.{WORD}{{20,}}",
            rf"{ALONE}AQE{ALNUM}{{3}}[A-Za-z0-9+/]{{40,}}={{0,2}}-[A-Za-z0-9+/]{{30,}}={{0,2}}-\S{{8,40}}",
        ),
    ),
    Shape("cloud-key", ("t1.",), (rf"{ALONE}(?<![.-])t1\.{WORD}{{20,}}\.{WORD}{{80,}}",)),
    Shape("licence-key", ("A3-",), (r"(?<![\w-])A3-[A-Z0-9]{6}-[A-Z0-9]{11}(?:-[A-Z0-9]{5}){3}",)),
    Shape(
        "webhook",
        ("/hooks/", "/with/key/", "/integration/", "/inputs/"),
        (
            r"(?<=/hooks/)[a-z0-9]{26}(?![A-Za-z0-9])",
            rf"(?<=/with/key/){WORD}{{16,}}",
            rf"(?<=pagerduty\.com/integration/){HEX}{{32}}",
            rf"(?<=loggly\.com/inputs/){UUID}",
        ),
    ),
)

_TELLING = re.compile(
    rf"{_BEHIND}(?:[a-z0-9]{{1,12}}[_-]){{0,2}}(?:live|test|prod|pat|token|secret|apikey|api|key|sk|sct|db|b)[_-]"
    rf"(?:live[_-]|test[_-]|prod[_-]|v\d[_-])?(?P<random>[A-Za-z0-9]{{24,}}+)(?![A-Za-z0-9_-])"
)
"""What is called a key, and then nothing but what was drawn."""

_OF_DIGITS = re.compile(rf"(?:key|sk)_{HEX}{{48,64}}")


def _telling(text: str) -> Iterator[Finding]:
    for found in _TELLING.finditer(text):
        if is_random(found["random"][:301]) or _OF_DIGITS.fullmatch(found[0]):
            yield Finding(found.start(), found.end(), "service-key")


DETECTORS = (
    *(shape.detector() for shape in _SHAPES),
    Detector(
        (
            "live_",
            "test_",
            "prod_",
            "pat_",
            "token_",
            "secret_",
            "key_",
            "api_",
            "sk_",
            "live-",
            "token-",
            "secret-",
            "key-",
        ),
        _telling,
    ),
)
