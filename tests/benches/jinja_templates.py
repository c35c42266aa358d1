"""Our own templates for jinja2: their tags rewritten, their values quoted in Python.

Whatever is a matter of taste is decided for speed: quoting is a filter that is called by name, most
values pass it after one match of a compiled expression, Python's literals are written by `repr`,
HTML is escaped by markupsafe, which is C, and numbers are not quoted at all.
"""

import pathlib
import re

import jinja2

TEMPLATES = pathlib.Path(__file__).parents[2] / "wsgi-render/templates"

BARE = re.compile(r"[A-Za-z0-9/._\-+@:,]+").fullmatch
BARE_IN_NGINX = re.compile(r"[A-Za-z0-9/._\-+@:,*]+").fullmatch
PLAIN = re.compile(r"[a-z0-9/._][a-z0-9/._-]*").fullmatch
BARE_IN_LOGROTATE = re.compile(r"[A-Za-z0-9/._\-+@]+").fullmatch
GLOBBED = re.compile(r'["\\*?\[\]]').sub
SPECIAL_TO_CRON = re.compile(r"[\n\r\0\\%]").search


def shell(value):
    if BARE(value):
        return value
    if "\0" in value:
        raise ValueError(value)
    return "'" + value.replace("'", "'\\''") + "'"


def nginx(value):
    if BARE_IN_NGINX(value) and len(value) <= 4000:
        return value
    if "$" in value or "\0" in value or len(value) > 4000:
        raise ValueError(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def plain(value):
    if PLAIN(value):
        return value
    raise ValueError(value)


def logrotate(value):
    if BARE_IN_LOGROTATE(value):
        return value
    if re.search(r"[\n\r\0{}]", value):
        raise ValueError(value)
    return '"' + GLOBBED(r"\\\g<0>", value) + '"'


def crontab(value):
    if SPECIAL_TO_CRON(value):
        if re.search(r"[\n\r\0]", value):
            raise ValueError(value)
        value = value.replace("\\", "\\\\").replace("%", "\\%")
    if len(value) > 998:
        raise ValueError(value)
    return value


def comment(text):
    return "\n".join(
        "# " + (line if line.isprintable() else line.encode("unicode_escape").decode())
        for line in text.split("\n")
    )


#: By the start of a template's name. HTML has none: autoescaping does it.
DIALECTS = {
    "cron_wrapper": shell,
    "crontab": crontab,
    "environment": shell,
    "gunicorn/conf": repr,
    "gunicorn/start": shell,
    "logrotate": logrotate,
    "nginx/": nginx,
    "pages/": None,
    "profile/": shell,
    "service/": plain,
    "sudoers": plain,
    "supervisor": plain,
}

TAG = re.compile(r"\{\{(.*?)\}\}")
ALONE = re.compile(r"\s*\{\{([#/].*?|else)\}\}\s*")


def converted(source, numbers, quoted):
    """`source` in jinja2's syntax. Fields called `numbers` are written as they are."""
    scope = []

    def name(word):
        if word.startswith("../"):
            return word[3:]
        if word == "this":
            return "item"
        first, *rest = word.split(".")
        # A subscript is quicker than an attribute, which jinja2 looks for first.
        first = f"item['{first}']" if "each" in scope else first
        return first + "".join(f"['{field}']" for field in rest)

    def block(words, alone):
        # Without a `+`, jinja2 takes away the line break and the blanks around a block.
        start, end = ("{%", "%}") if alone else ("{%+", "+%}")
        match words:
            case ["#if", condition]:
                inner = f"if {name(condition)}"
                scope.append("if")
            case ["#each", items]:
                inner = f"for item in {name(items)}"
                scope.append("each")
            case ["else"]:
                inner = "else"
            case ["/if"] | ["/each"]:
                inner = {"if": "endif", "each": "endfor"}[scope.pop()]
        return f"{start} {inner} {end}"

    def tag(match):
        words = match[1].split()
        if words[0] == "else" or words[0][0] in "#/":
            return block(words, alone=False)
        if words[0] == "comment":
            return f"{{{{ {name(words[1])} | comment }}}}"
        as_it_is = words[0] in numbers or not quoted
        return f"{{{{ {name(words[0])}{'' if as_it_is else ' | quote'} }}}}"

    def line(text):
        alone = ALONE.fullmatch(text)
        return block(alone[1].split(), alone=True) + "\n" if alone else TAG.sub(tag, text)

    return "".join(line(text) for text in source.splitlines(keepends=True))


def compiled(name, view):
    """The template `name`, compiled; `view` tells its numbers from its texts."""
    dialect = next(d for start, d in DIALECTS.items() if name.startswith(start))
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=dialect is None,
    )
    environment.filters.update(comment=comment, quote=dialect)
    numbers = {field for field, value in view.items() if type(value) is int}
    source = (TEMPLATES / f"{name}.hbs").read_text()
    return environment.from_string(converted(source, numbers, quoted=dialect is not None))
