"""Read the text of a shell script into its structure: commands, pipes, branches, loops, functions; nothing is run here.

The reader is tolerant, for scripts are foreign and half of them are cut or filled in by GitHub: what has no place is passed
over, what does not end ends with the text, and it never raises. Every character is looked at a bounded number of times.
GitHub's expressions (``${{ … }}``) are parts of words, and a backtick at the end of a line continues it as PowerShell has it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from diagnosis.steps.shell.tree import (
    Assignment,
    Case,
    For,
    Function,
    Group,
    Heredoc,
    If,
    Node,
    Part,
    PartKind,
    Pipeline,
    Redirect,
    Simple,
    Statement,
    While,
    Word,
)

LONGEST_SCRIPT = 100_000
"""Characters read; the rest of a longer script is left unread."""
_DEEPEST = 30
_LONGEST_PARAMETER = 400
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\[[^\]\n]{0,80}\])?(\+?)=")
_FUNCTION = re.compile(r"([\w.:-]{1,100})[ \t]*\([ \t]*\)")
_FUNCTION_WORD = re.compile(r"function[ \t]+([\w.:-]{1,100})[ \t]*(?:\([ \t]*\))?")
_HEREDOC = re.compile(r"<<(-?)[ \t]*(?:\\?([\w.@-]{1,100})|'([^'\n]{1,100})'|\"([^\"\n]{1,100})\")")
_RESERVED = re.compile(r"(?:[a-z]{2,8}|[{}!])(?=[\s;&|()<>]|$)")
_NAME_END = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!_-]")
_POWERSHELL = re.compile(r"env:([A-Za-z_]\w*)", re.IGNORECASE)
_DESCRIPTOR = re.compile(r"\d(?=[<>])")
_BRACKET_OR_TEXT = re.compile(r"[()]|\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)
_PLAIN = re.compile(r"[\w./:=,@%+~^*?!\[\]{}#-]+")
_PLAIN_QUOTED = re.compile(r"[^\"\\$`]+")
_ENDS = frozenset({"then", "else", "elif", "fi", "do", "done", "esac", "}", "in"})
_DECLARERS = frozenset({"export", "declare", "local", "readonly", "typeset"})


# Remembered by text: the runs of one workflow have the same scripts.
@lru_cache(maxsize=256)
def script_of(text: str) -> tuple[Statement, ...]:
    """Return a script's statements in order."""
    reader = _Reader(text[:LONGEST_SCRIPT])
    return tuple(reader.statements(frozenset(), "", 0))


@lru_cache(maxsize=256)
def is_well_formed(text: str) -> bool:
    """Return whether nothing of the script was passed over or left open, so that a shell would read the same in it."""
    reader = _Reader(text[:LONGEST_SCRIPT])
    reader.statements(frozenset(), "", 0)
    return reader.whole and len(text) <= LONGEST_SCRIPT and reader.at <= len(text)


def word_of(text: str, *, quoted: bool = False) -> Word:
    """Return a text as one word: what stands behind ``:-`` in a parameter, or the lines of a here-document."""
    reader = _Reader(text[:LONGEST_SCRIPT])
    return tuple(reader.inner_word(quoted=quoted))


@dataclass(slots=True)
class _Parts:
    parts: list[Part] = field(default_factory=list)
    literal: list[str] = field(default_factory=list)
    literal_quoted: bool = False
    open: bool = False

    def add(self, text: str, *, quoted: bool = False) -> None:
        if self.literal and self.literal_quoted is not quoted:
            self.flush()
        self.literal.append(text)
        self.literal_quoted = quoted
        self.open = True

    def part(self, part: Part) -> None:
        self.flush()
        self.parts.append(part)
        self.open = True

    def flush(self) -> None:
        if self.literal:
            self.parts.append(Part(PartKind.LITERAL, "".join(self.literal), self.literal_quoted))
            self.literal = []


class _Reader:
    """One pass over the text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._waiting: list[Heredoc] = []
        self._no_expression = False
        self._no_backtick = False
        self.whole = True
        """Whether nothing was passed over or left open so far."""

    # Statements

    def statements(self, until: frozenset[str], close: str, depth: int) -> list[Statement]:
        """Read statements up to one of these words or this character, which is left unread."""
        found: list[Statement] = []
        while True:
            self._gap()
            if self.at >= len(self.text):
                self.whole = self.whole and not until and not close
                return found
            char = self.text[self.at]
            if close and char == close:
                return found
            if close == ")" and self.text.startswith(";;", self.at):
                self.at += 2
                self.whole = False
                continue
            if ";;" in until and char == ";" and self.text.startswith(";;", self.at):
                return found
            if char in ";&|)":
                self.at += 1
                self.whole = False
                continue
            reserved = self._reserved()
            if reserved in until:
                return found
            if reserved in _ENDS and reserved != "in":
                self.at += len(reserved)
                self.whole = False
                continue
            before = self.at
            node = self._pipeline(depth)
            operator = self._operator()
            if node is not None:
                found.append(Statement(node, operator))
            if self.at == before:
                self.at += 1
                self.whole = False

    def _reserved(self) -> str:
        found = _RESERVED.match(self.text, self.at)
        return found[0] if found else ""

    def _operator(self) -> str:
        self._blanks()
        for sign in ("&&", "||", "&"):
            if self.text.startswith(sign, self.at):
                self.at += len(sign)
                return sign
        if self.text.startswith(";", self.at) and not self.text.startswith(";;", self.at):
            self.at += 1
        return ";"

    def _pipeline(self, depth: int) -> Node | None:
        negated = False
        while (reserved := self._reserved()) in ("!", "time"):
            negated ^= reserved == "!"
            self.at += len(reserved)
            self._blanks()
        nodes: list[Node] = []
        while True:
            node = self._command(depth)
            if node is not None:
                nodes.append(node)
            self._blanks()
            if not self.text.startswith("|", self.at) or self.text.startswith("||", self.at):
                break
            self.at += 2 if self.text.startswith("|&", self.at) else 1
            self._gap()
        if len(nodes) == 1 and not negated:
            return nodes[0]
        return Pipeline(tuple(nodes), negated) if nodes else None

    def _command(self, depth: int) -> Node | None:
        if self.at >= len(self.text):
            return None
        deep = depth >= _DEEPEST
        self.whole = self.whole and not deep
        if self.text.startswith("((", self.at) and not deep and (end := self._closing_sum(self.at + 2)) >= 0:
            counted = self._sum(self.at + 2, end, depth)
            self.at = end + 2
            return Simple(((Part(PartKind.LITERAL, "(("),), (counted,)))
        if self.text[self.at] == "(" and not deep:
            self.at += 1
            body = self.statements(frozenset(), ")", depth + 1)
            self.at += 1
            return Group(tuple(body), subshell=True, redirects=self._redirects(depth))
        reserved = "" if deep else self._reserved()
        match reserved:
            case "{":
                self.at += 1
                return Group(self._body({"}"}, depth), redirects=self._redirects(depth))
            case "if":
                return self._if(depth)
            case "while" | "until":
                self.at += 5
                condition = self._body({"do"}, depth)
                repeated = self._body({"done"}, depth)
                return While(condition, repeated, self._redirects(depth), until=reserved == "until")
            case "for" | "select":
                return self._for(len(reserved), depth)
            case "case":
                return self._case(depth)
        defined = None if deep else _FUNCTION_WORD.match(self.text, self.at) or _FUNCTION.match(self.text, self.at)
        if defined and defined[1] not in ("for", "if", "while"):
            return self._function(defined, depth)
        return self._simple(depth)

    def _body(self, until: set[str], depth: int) -> tuple[Statement, ...]:
        """Read statements up to one of these words, and that word."""
        body = tuple(self.statements(frozenset(until), "", depth + 1))
        self.at += len(self._reserved()) if self._reserved() in until else 0
        return body

    def _if(self, depth: int) -> If:
        branches: list[tuple[tuple[Statement, ...] | None, tuple[Statement, ...]]] = []
        self.at += 2
        ends = frozenset({"elif", "else", "fi"})
        while True:
            condition = self._body({"then"}, depth)
            branches.append((condition, tuple(self.statements(ends, "", depth + 1))))
            reserved = self._reserved()
            if reserved == "elif":
                self.at += 4
                continue
            if reserved == "else":
                self.at += 4
                branches.append((None, tuple(self.statements(frozenset({"fi"}), "", depth + 1))))
            if self._reserved() == "fi":
                self.at += 2
            return If(tuple(branches), self._redirects(depth))

    def _for(self, length: int, depth: int) -> For:
        self.at += length
        self._blanks()
        name = _NAME_END.match(self.text, self.at)
        words: list[Word] | None = None
        if self.text.startswith("((", self.at):
            end = self._closing_sum(self.at + 2)
            counted = self._sum(self.at + 2, end, depth) if end >= 0 else None
            self.at = len(self.text) if end < 0 else end + 2
            words = [(counted or Part(PartKind.PARAMETER, "$((…))"),)]
        elif name:
            self.at = name.end()
        self._gap()
        if self._reserved() == "in":
            self.at += 2
            words = self._words_to_end(depth)
        self._gap()
        if self.text.startswith(";", self.at):
            self.at += 1
            self._gap()
        opened = self._reserved()
        self.at += len(opened) if opened in ("do", "{") else 0
        body = self._body({"done"} if opened != "{" else {"}"}, depth)
        return For(name[0] if name else "", None if words is None else tuple(words), body, self._redirects(depth))

    def _words_to_end(self, depth: int) -> list[Word]:
        words: list[Word] = []
        while True:
            self._blanks()
            if self.at >= len(self.text) or self.text[self.at] in "\n;&|)":
                return words
            before = self.at
            words.append(self._word(depth))
            if self.at == before:
                self.at += 1

    def _case(self, depth: int) -> Case:
        self.at += 4
        self._blanks()
        word = self._word(depth)
        self._gap()
        self.at += 2 if self._reserved() == "in" else 0
        arms: list[tuple[tuple[Word, ...], tuple[Statement, ...]]] = []
        while True:
            self._gap()
            if self.at >= len(self.text) or self._reserved() == "esac":
                break
            before = self.at
            patterns: list[Word] = []
            self.at += 1 if self.text.startswith("(", self.at) else 0
            while self.at < len(self.text) and self.text[self.at] not in ")\n":
                self._blanks()
                if self.text.startswith("|", self.at):
                    self.at += 1
                    continue
                stuck = self.at
                patterns.append(self._word(depth))
                if self.at == stuck:
                    break
                self._blanks()
            self.at += 1 if self.text.startswith(")", self.at) else 0
            body = self.statements(frozenset({";;", "esac"}), "", depth + 1)
            while self.text.startswith((";", "&"), self.at):
                self.at += 1
            arms.append((tuple(patterns), tuple(body)))
            if self.at == before:
                self.at += 1
        self.at += 4 if self._reserved() == "esac" else 0
        return Case(word, tuple(arms), self._redirects(depth))

    def _function(self, defined: re.Match[str], depth: int) -> Function:
        self.at = defined.end()
        self._gap()
        body = self._command(depth + 1)
        return Function(defined[1], (Statement(body),) if body is not None else ())

    def _simple(self, depth: int) -> Simple:
        words: list[Word] = []
        assignments: list[Assignment] = []
        redirects: list[Redirect] = []
        declares = ""
        in_test = changed = False
        text = self.text
        while True:
            self._blanks()
            if self.at >= len(text):
                break
            char = text[self.at]
            if in_test and char in "<>&|()":
                end = self.at + (2 if text[self.at : self.at + 2] in ("&&", "||") else 1)
                words.append((Part(PartKind.LITERAL, text[self.at : end], quoted=True),))
                self.at = end
                continue
            if text.startswith("&>", self.at) or char in "<>":
                if text[self.at : self.at + 2] not in ("<(", ">("):
                    redirects.append(self._redirect(depth))
                    continue
            elif char in "\n;|()&":
                break
            elif char == "#":
                self._comment()
                continue
            assigned = _ASSIGNMENT.match(text, self.at) if not words or declares else None
            if assigned:
                assignments.append(self._assignment(assigned, depth))
                continue
            before = self.at
            word = self._word(depth)
            if self.at == before:
                self.at += 1
                continue
            plain = word[0].text if len(word) == 1 and word[0].kind is PartKind.LITERAL else ""
            if not words and plain in _DECLARERS and not word[0].quoted:
                declares = plain
                continue
            if not word[:1]:
                continue
            if plain.isdecimal() and not in_test and text[self.at : self.at + 1] in ("<", ">"):
                if text[self.at : self.at + 2] not in ("<(", ">("):
                    redirects.append(self._redirect(depth, plain))
                continue
            if declares and plain.startswith("-"):
                changed = changed or any(letter in plain for letter in "lun")
                # ``declare -g`` is for the whole script, in a function too.
                declares = "readonly" if "g" in plain else declares
                continue
            in_test = (in_test or (not words and plain == "[[")) and plain != "]]"
            words.append(word)
        if declares:
            named = tuple(Assignment("", word) for word in words)
            if changed:
                # In lower or upper case, or another variable's name: what it holds is not what is written.
                hidden = [(each, (Part(PartKind.LITERAL, f"${each.name}"), *each.word)) for each in assignments]
                assignments = [Assignment(each.name, word, None, each.append, each.indexed) for each, word in hidden]
            return Simple((), (*assignments, *named), tuple(redirects), declares)
        return Simple(tuple(words), tuple(assignments), tuple(redirects))

    def _assignment(self, found: re.Match[str], depth: int) -> Assignment:
        self.at = found.end()
        append, indexed = bool(found[3]), bool(found[2])
        if self.text.startswith("(", self.at):
            self.at += 1
            items: list[Word] = []
            while True:
                self._gap()
                if self.at >= len(self.text) or self.text[self.at] == ")":
                    self.at += 1
                    return Assignment(found[1], (), tuple(items), append, indexed)
                before = self.at
                items.append(self._word(depth))
                if self.at == before:
                    self.at += 1
        return Assignment(found[1], self._word(depth), None, append, indexed)

    def _redirects(self, depth: int) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        while True:
            self._blanks()
            number = _DESCRIPTOR.match(self.text, self.at)
            descriptor = number[0] if number else ""
            self.at += len(descriptor)
            if self.at < len(self.text) and (
                (self.text[self.at] in "<>" and self.text[self.at : self.at + 2] not in ("<(", ">("))
                or self.text.startswith("&>", self.at)
            ):
                found.append(self._redirect(depth, descriptor))
            else:
                return tuple(found)

    def _redirect(self, depth: int, descriptor: str = "") -> Redirect:
        text = self.text
        heredoc = _HEREDOC.match(text, self.at) if not text.startswith("<<<", self.at) else None
        if heredoc:
            self.at = heredoc.end()
            literal = "\\" in heredoc[0] or heredoc[2] is None
            waiting = Heredoc(heredoc[2] or heredoc[3] or heredoc[4], literal, bool(heredoc[1]))
            self._waiting.append(waiting)
            return Redirect("<<", (), waiting, descriptor)
        begin = self.at
        while self.at < len(text) and text[self.at] in "<>&|" and self.at - begin < 3:
            self.at += 1
        sign = text[begin : self.at]
        self._blanks()
        return Redirect(sign, self._word(depth), None, descriptor)

    # Words

    def _word(self, depth: int) -> Word:
        """Read one word; empty where none stands here."""
        parts = _Parts()
        text = self.text
        while self.at < len(text):
            char = text[self.at]
            if char in " \t\r\n;&|()<>":
                if text[self.at : self.at + 2] in ("<(", ">(") and not parts.open:
                    if depth < _DEEPEST:
                        self._substitution(parts, depth, quoted=False)
                    else:
                        self.at += 2
                    continue
                if (
                    char == "("
                    and parts.open
                    and not parts.parts
                    and parts.literal[-1:] in (["@"], ["?"], ["+"], ["!"])
                ):
                    parts.add(char)
                    self.at += 1
                    continue
                break
            self._part(parts, depth)
        parts.flush()
        return tuple(parts.parts) if parts.parts or not parts.open else (Part(PartKind.LITERAL, "", quoted=True),)

    def inner_word(self, *, quoted: bool, depth: int = 0) -> list[Part]:
        """Read the whole text as one word."""
        parts = _Parts()
        while self.at < len(self.text):
            if quoted:
                self._quoted_part(parts, depth)
            elif self.text[self.at] in " \t\r\n;&|()<>":
                parts.add(self.text[self.at])
                self.at += 1
            else:
                self._part(parts, depth)
        parts.flush()
        return parts.parts

    def _part(self, parts: _Parts, depth: int) -> None:
        text, at = self.text, self.at
        char = text[at]
        if char == "\\":
            if text[at + 1 : at + 2] != "\n":
                parts.add(text[at + 1 : at + 2], quoted=True)
            self.at += 2
        elif char == "`" and text[at + 1 : at + 2] in ("\n", "\r"):
            self.at += 2
        elif char == "'":
            close = text.find("'", at + 1)
            self.whole = self.whole and close >= 0
            close = len(text) if close < 0 else close
            parts.add(text[at + 1 : close], quoted=True)
            self.at = close + 1
        elif char == '"':
            self.at += 1
            parts.add("", quoted=True)
            while self.at < len(text) and text[self.at] != '"':
                self._quoted_part(parts, depth)
            self.whole = self.whole and self.at < len(text)
            self.at += 1
        elif char in "$`":
            self._dollar(parts, depth, quoted=False)
        else:
            run = _PLAIN.match(text, at)
            parts.add(run[0] if run else char)
            self.at = run.end() if run else at + 1

    def _quoted_part(self, parts: _Parts, depth: int) -> None:
        text, at = self.text, self.at
        if text[at] == "\\":
            following = text[at + 1 : at + 2]
            parts.add("" if following == "\n" else following if following in '"\\$`' else "\\" + following, quoted=True)
            self.at += 2
        elif text[at] in "$`":
            self._dollar(parts, depth, quoted=True)
        else:
            run = _PLAIN_QUOTED.match(text, at)
            parts.add(run[0] if run else text[at], quoted=True)
            self.at = run.end() if run else at + 1

    def _dollar(self, parts: _Parts, depth: int, *, quoted: bool) -> None:
        """Read a variable, an expression of GitHub's, or a substitution."""
        text, at = self.text, self.at
        if text.startswith("${{", at) and not self._no_expression:
            close = text.find("}}", at)
            self._no_expression = close < 0
            if close >= 0:
                self._add(parts, PartKind.EXPRESSION, close + 2, quoted)
                return
        if text.startswith("$'", at) and not quoted:
            close = text.find("'", at + 2)
            close = len(text) if close < 0 else close
            parts.add(text[at + 2 : close].replace("\\n", "\n").replace("\\t", "\t"), quoted=True)
            self.at = close + 1
            return
        if text.startswith("${", at):
            close = self._closing_brace(at + 2)
            if close >= 0:
                self._add(parts, PartKind.PARAMETER, close + 1, quoted)
                return
        if text.startswith("$((", at) and depth < _DEEPEST and (close := self._closing_sum(at + 3)) >= 0:
            parts.part(self._sum(at + 3, close, depth, quoted=quoted))
            self.at = close + 2
            return
        if text.startswith("$(", at) and depth < _DEEPEST:
            self._substitution(parts, depth, quoted=quoted)
            return
        if text[at] == "`" and not self._no_backtick and depth < _DEEPEST:
            close = text.find("`", at + 1)
            self._no_backtick = close < 0
            if close >= 0:
                inner = _Reader(text[at + 1 : close]).statements(frozenset(), "", depth + 1)
                parts.part(Part(PartKind.SUBSTITUTION, f"$({text[at + 1 : close]})", quoted, tuple(inner)))
                self.at = close + 1
                return
        power = _POWERSHELL.match(text, at + 1) if text[at] == "$" else None
        if power:
            parts.part(Part(PartKind.PARAMETER, f"${{{power[1]}}}", quoted))
            self.at = power.end()
            return
        name = _NAME_END.match(text, at + 1) if text[at] == "$" else None
        if name:
            self._add(parts, PartKind.PARAMETER, name.end(), quoted)
        else:
            parts.add(text[at], quoted=quoted)
            self.at += 1

    def _add(self, parts: _Parts, kind: PartKind, end: int, quoted: bool) -> None:
        parts.part(Part(kind, self.text[self.at : end], quoted))
        self.at = end

    def _substitution(self, parts: _Parts, depth: int, *, quoted: bool) -> None:
        begin = self.at
        self.at += 2
        body = self.statements(frozenset(), ")", depth + 1)
        self.at += 1
        parts.part(Part(PartKind.SUBSTITUTION, self.text[begin : self.at][:_LONGEST_PARAMETER], quoted, tuple(body)))

    def _closing_brace(self, at: int) -> int:
        """Return where the brace that was opened before ``at`` closes; -1 where it does not within reach."""
        depth = 1
        stop = min(len(self.text), at + _LONGEST_PARAMETER)
        while at < stop:
            char = self.text[at]
            if char == "\\":
                at += 1
            elif char == "$" and self.text.startswith("${", at):
                depth += 1
                at += 1
            elif char == "$" and self.text.startswith("$(", at):
                at = self._closing_bracket(at + 2, stop)
                if at < 0:
                    return -1
            elif char == "}":
                depth -= 1
                if depth == 0:
                    return at
            elif char == "\n" and depth == 0:
                break
            at += 1
        return -1

    def _closing_bracket(self, at: int, stop: int) -> int:
        """Return where the round bracket that was opened before ``at`` closes, texts in quotes apart; -1 where it does not."""
        depth = 1
        for found in _BRACKET_OR_TEXT.finditer(self.text, at, stop):
            if found[0] in "()":
                depth += 1 if found[0] == "(" else -1
            if depth == 0:
                return found.start()
        return -1

    def _closing_sum(self, at: int) -> int:
        """Return where ``))`` ends what is counted from ``at`` on; -1 where it is no arithmetic, but commands in brackets."""
        close = self._closing_bracket(at, min(len(self.text), at + _LONGEST_PARAMETER))
        return close if close >= 0 and self.text.startswith("))", close) else -1

    def _sum(self, begin: int, end: int, depth: int, *, quoted: bool = False) -> Part:
        """Return what is counted, with the commands whose output it counts with."""
        text = self.text[begin:end]
        inner = _Reader(text).inner_word(quoted=True, depth=depth + 1) if "$(" in text or "`" in text else []
        body = tuple(statement for part in inner for statement in part.body)
        return Part(PartKind.PARAMETER, f"$(({text}))", quoted, body)

    # Blanks

    def _blanks(self) -> None:
        text = self.text
        while self.at < len(text):
            if text[self.at] in " \t\r":
                self.at += 1
            elif text.startswith(("\\\n", "`\n"), self.at):
                self.at += 2
            elif text.startswith(("\\\r\n", "`\r\n"), self.at):
                self.at += 3
            else:
                return

    def _gap(self) -> None:
        """Pass over blanks, comments and ends of lines, with the here-documents that begin below them."""
        while True:
            self._blanks()
            if self.text.startswith("\n", self.at):
                self.at += 1
                self._heredocs()
            elif self.text.startswith("#", self.at):
                self._comment()
            else:
                return

    def _comment(self) -> None:
        self.at = self._line_end(self.at)

    def _heredocs(self) -> None:
        waiting, self._waiting = self._waiting, []
        for heredoc in waiting:
            lines: list[str] = []
            while self.at < len(self.text):
                stop = self._line_end(self.at)
                line = self.text[self.at : stop].rstrip("\r")
                self.at = min(stop + 1, len(self.text))
                line = line.lstrip("\t") if heredoc.indented else line
                if line == heredoc.delimiter:
                    break
                lines.append(line)
            heredoc.text = "\n".join(lines)

    def _line_end(self, at: int) -> int:
        stop = self.text.find("\n", at)
        return len(self.text) if stop < 0 else stop
