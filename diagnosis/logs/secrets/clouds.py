"""How keys of clouds, of their tools and of stores for secrets look; AWS's key ids have a file of their own."""

from __future__ import annotations

from diagnosis.logs.secrets.finding import any_case
from diagnosis.logs.secrets.shapes import ALNUM, ALONE, HEX, WORD, Shape

_SHAPES = (
    Shape(
        "aws-session-token",
        ("IQoJb3JpZ2lu", "oGZXIvYXdz", "AQoDYXdz", "AQoEXAMPLE"),
        (r"(?:IQoJb3JpZ2lu|F[wQ]oGZXIvYXdz|AQoDYXdz|AQoEXAMPLE)[A-Za-z0-9/+=%_-]{16,}",),
    ),
    Shape(
        "aws-bedrock-key",
        ("ABSKQ", "bedrock-api-key-"),
        (r"ABSKQmVkcm9ja[A-Za-z0-9+/=]{40,}", r"bedrock-api-key-[A-Za-z0-9+/=_-]{20,}"),
    ),
    Shape(
        "google-key",
        ("AIza", "ya29.", "GOCSPX-", "1//0", "4/0A"),
        (
            rf"AIza{WORD}{{30,}}",
            rf"ya29\.{WORD}{{20,}}(?:\.{WORD}{{10,}})?",
            rf"GOCSPX-{WORD}{{20,}}",
            rf"(?<![\w/:.])1//0{WORD}{{24,}}",
            rf"(?<![\w/.])4/0A{WORD}{{40,}}",
        ),
    ),
    Shape(
        "azure-secret",
        (
            *("Q~", "JQQJ9", "AZDO", "AzSe", "AzCa", "AzFu", "+ASt", "+ACR", "ACDb"),
            *("+ABa", "+ASb", "+AEh", "AIoT", "+AMC"),
        ),
        (
            rf"{ALONE}[A-Za-z0-9_.~-]{{3}}\dQ~[A-Za-z0-9_.~-]{{31,40}}",
            rf"{ALNUM}{{52}}JQQJ9{ALNUM}{{20,32}}",
            rf"{ALNUM}{{76}}AZDO{ALNUM}{{4}}",
            rf"{ALNUM}{{42}}(?:AzSe|AzCa|AzFu){ALNUM}{{5,6}}(?:==?)?",
            r"[A-Za-z0-9+/]{33,76}(?:\+ASt|\+ACR|ACDb|\+ABa|\+ASb|\+AEh|AIoT|\+AMC)[A-Za-z0-9+/]{5,6}=?=?",
        ),
    ),
    Shape("vault-token", ("hvs.", "hvb.", "hvr."), (rf"hv[sbr]\.{WORD}{{20,}}",)),
    Shape("vault-token", any_case("vault"), (rf"{ALONE}(?<!\.)[sbr]\.{ALNUM}{{24,}}(?![A-Za-z0-9_.])",)),
    Shape("digitalocean-token", ("dop_v1_", "doo_v1_", "dor_v1_"), (rf"do[opr]_v1_{HEX}{{40,}}",)),
    Shape("heroku-key", ("HRKU-",), (rf"HRKU-{WORD}{{30,}}",)),
    Shape("databricks-token", ("dapi",), (r"dapi[0-9a-h]{32}(?:-\d)?",)),
    Shape("pulumi-token", ("pul-",), (rf"{ALONE}pul-{HEX}{{40}}",)),
    Shape("terraform-token", (".atlasv1.",), (rf"{ALNUM}{{14}}\.atlasv1\.[A-Za-z0-9_=-]{{40,}}",)),
    Shape(
        "doppler-token",
        ("dp.",),
        (rf"{ALONE}dp\.(?:pt|st|ct|sa|said|scim|audit)\.(?:[a-z0-9_-]{{2,35}}\.)?{ALNUM}{{40,}}",),
    ),
    Shape(
        "database-token",
        ("pscale_", "npg_", "sbp_", "sb_secret_", "essu_"),
        (
            r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,}",
            rf"{ALONE}npg_{ALNUM}{{12,}}",
            rf"sbp_(?:oauth_)?{HEX}{{40}}",
            rf"sb_secret_{WORD}{{24,}}",
            rf"{ALONE}essu_[A-Za-z0-9+/_-]{{30,}}={{0,2}}",
        ),
    ),
    Shape(
        "hosting-token",
        (
            "nfp_",
            "nfc_",
            "nfo_",
            "nfb_",
            "nfu_",
            "vcp_",
            "vck_",
            "rnd_",
            "fo1_",
            "fm1",
            "fm2",
            "cfut_",
            "cfat_",
            "cfk_",
        ),
        (
            rf"{ALONE}nf[pcobu]_{ALNUM}{{36}}",
            rf"{ALONE}vc[pk]_{ALNUM}{{24,}}",
            rf"{ALONE}rnd_{ALNUM}{{28,}}",
            rf"{ALONE}fo1_{WORD}{{40,}}",
            rf"{ALONE}fm[12][ar]?_[A-Za-z0-9+/_=,-]{{80,}}",
            rf"{ALONE}cf(?:ut|at|k)_{ALNUM}{{40,}}",
        ),
    ),
    Shape(
        "cloud-key",
        ("LTAI", "y0_", "AQVN", "akab-", "tskey-", "ops_eyJ"),
        (
            rf"{ALONE}LTAI{ALNUM}{{16,22}}(?!{ALNUM})",
            rf"{ALONE}y0_{WORD}{{50,}}",
            rf"AQVN{WORD}{{35,}}",
            rf"akab-{WORD}{{16,}}",
            rf"tskey-[a-z]{{2,10}}-{ALNUM}{{8,}}-{ALNUM}{{16,}}",
            rf"ops_eyJ{WORD}{{80,}}",
        ),
    ),
    Shape("age-key", ("AGE-SECRET-KEY-",), (r"AGE-SECRET-KEY-1[A-Z0-9]{20,}",)),
)

DETECTORS = tuple(shape.detector() for shape in _SHAPES)
