"""Secrets that are made while a test runs: in the shape of each maker, and of none; no file holds one."""

from __future__ import annotations

from random import Random
from string import ascii_letters, ascii_uppercase, digits

_ALNUM = ascii_letters + digits
_WORD = _ALNUM + "_-"
_HEX = "0123456789abcdef"
_BASE32 = ascii_uppercase + "234567"
_PARTS = {
    "a": _ALNUM,
    "b": _ALNUM + "+/",
    "w": _WORD,
    "h": _HEX,
    "d": "123456789",
    "u": ascii_uppercase + digits,
    "l": "abcdefghij0123456789",
    "k": _BASE32,
}

_MARKED = """
gh|p_ a36
gh|s_ a36
gh|o_ a36
gith|ub_pat_ a22
glp|at- a20
gld|t- a20
glr|t- a20
glc|bt- a20
glpt|t- a20
glf|t- a20
gli|mt- a20
glag|ent- a20
npm|_ a36
xox|b- d12 - d12 - a24
xox|p- d12 - d12 - h32
xap|p-1-A u10 - d13 - h64
AK|IA k16
AS|IA k16
IQoJb3Jp|Z2lu a200
AI|za w35
ya2|9.a0 w60
GOC|SPX- w28
1/|/0 w60
hv|s.CAES w90
hv|b. w100
sk_|live_ a24
rk_|live_ a24
whs|ec_ a32
S|G. w22 . w43
ke|y- h32
NRA|K- u27
h36 NR|AL
HRK|U-AA w58
dop|_v1_ h64
dap|i h32
h|f_ a34
sk-|proj- w74
sk-|ant-api03- w93
sk|- a48
pyp|i-AgEIcHlwaS5vcmc w120
ruby|gems_ h48
oy|2 l43
ci|o a32
dckr|_pat_ w27
a14 .atla|sv1. a67
pu|l- h40
dp|.pt. a43
gls|a_ a32 _ h8
gl|c_ a80
sntr|ys_ a120
lin_|api_ a40
secr|et_ a43
nt|n_ a46
fig|d_ w40
shp|at_ h32
sq0|atp- w22
EA|AA w60
d10 :A|A w33
ATA|TT3xFfGF0 w170
PMA|K- h24 - h34
sq|p_ h40
sq|u_ h40
AK|Cp a69
cmVm|dGtu a56
ey|JhbGciOiJSUzI1NiJ9.eyJ w60 . w80
ey|JhbGciOiJkaXIifQ.. w16 . w60 . w22
AGE-SEC|RET-KEY-1 u58
a3 8|Q~ a34
a52 JQ|QJ99 a18 AZ|DO a4
gh|s_ d7 _eyJ w40 . w80 . w60
bk|at_ a40
AP|I- u30
ic|o- a32
pa|t. w22 . h24 . a20
verc|el_blob_rw_ a16 _ a30
tk|-us- w48
v1|.0- h24 - h146
sha|256~ w43
K1|0 h64 ::server: h32
packa|gist_uut_ h68
js|rt_ a40
na|pi_ l64
dk|ea h32
mdb|_sa_sk_ w40
esec|ret_ a40
tg|p_v1_ w43
f|w_ a24
wan|db_v1_ a40
cs|k- l48
ji|na_ h32 w28
e2|b_ h40
f|c- h32
AQ|.Ab8RN6 w45
sk|.eyJ1Ijoi w70 . w22
access_to|ken$production$ l16 $ h32
rzp|_live_ a14
pd|l_live_apikey_ l26 _ a22
li|ve_ h35
dt0|s02. u8 . u64
dd|app_ a34
xa|at- h8 - h4 - h4 - h4 - h12
pk|_ d8 _ u32
pa|t-na1- h8 - h4 - h4 - h4 - h12
sd|k- h8 - h4 - h4 - h4 - h12
fi|o-u- w64
sg|p_ h16 _ h40
dG9|rO b58 =
WPL_|AP1. a16 .AbCdEf1==
s|l.u. w140
10|00. h32 . h32
t|1. w40 . w86
A|3- u6 - u11 - u5 - u5 - u5
sct_|live_ a40
AT|TA h64
CCDB|1_ a22 _ a40
db|tc_ w40
unk|ey_ a24
tr_|prod_ a20
sign|key-prod- h64
x|au_ a36
ns|ct_ w60
wa|ka_ h8 - h4 - h4 - h4 - h12
pol|ar_oat_ a43
dd|p_ a36
vt|wn_ a40
ds|p_ h40
skt|sec_ a40 _api
dep|ot_ h8 _ h64
sec|ret-live- w48
se|ss- a40
ke|y_ h64
s|k_ h48
AAAA w7 :AP|A91b w134
s|t. h24 . h32 . h32
p|.eyJ w60 . w43
AQ|E a3 b60 - b60 - a16
sg|p_ a64
MT|E4 w22 . w6 . w38
es|su_ b60
https://chat.acme.io/ho|oks/ l26
https://hooks.sl|ack.com/services/T u8 /B u8 / a24
https://disc|ord.com/api/webhooks/ d19 / w68
""".strip().split("\n")


def chance(seed: int | str) -> Random:
    """Return what makes the same secrets in every run."""
    return Random(seed)  # noqa: S311 - what it makes opens nothing


def made(shape: str, source: Random) -> str:
    """Return a secret: a mark as it stands (``|`` parts it in this file) and, for ``a36``, so many made-up characters."""
    said = ""
    for part in shape.split(" "):
        letters = _PARTS.get(part[:1])
        if letters and part[1:].isdigit():
            # A digit in it: one made of letters alone may be a word.
            said += "".join(source.choice(letters) for _ in range(int(part[1:]) - 1)) + source.choice("234567")
        else:
            said += part.replace("|", "")
    return said


def marked_secrets(source: Random) -> list[str]:
    """Return a secret of each maker."""
    return [made(shape, source) for shape in _MARKED]


def plain_secrets(source: Random) -> list[str]:
    """Return secrets without a mark, as people and programs make them."""
    return [
        made(shape, source) for shape in ("a14", "a20", "a32", "h40", "a6 ! a8", "h8 - h4 - h4 - h4 - h12", "a23 =")
    ]
