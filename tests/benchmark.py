"""Compares rendering with jinja2, which does the same job in Python.

The other side's templates are made from files that we rendered for one app: wherever that app's own
texts stand, the template has an expression. They have no loops and no conditions left, and only the
values that need it are quoted, all of which is in jinja2's favour. They are compiled once, before the
clock starts. Both sides run on one core; loading the vars files is ours alone and stands beside.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import jinja2

#: The number of the app whose files become templates: no other text has these digits.
MARK = "7351946280"


def cargo_bench(*arguments):
    command = ["cargo", "bench", "--quiet", "-p", "wsgi-tests", "--bench", "render_many", "--"]
    return json.loads(subprocess.run(command + list(arguments), check=True, capture_output=True).stdout)


def shell_quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


def templates():
    """One compiled template for each file of an app."""
    environment = jinja2.Environment(keep_trailing_newline=True)
    environment.filters["sh"] = shell_quote
    compiled = []
    with tempfile.TemporaryDirectory() as directory:
        cargo_bench("1", "--number", MARK, "--write", directory)
        for file in sorted(pathlib.Path(directory).iterdir()):
            text = file.read_text()
            assert "{{" not in text and "{%" not in text, file
            text = text.replace(f"'k8#x$Q it'\\''s secret {MARK}'", "{{ secret | sh }}")
            text = text.replace(f"s3cret{MARK}", "{{ password | sh }}")
            text = text.replace(f"help@app{MARK}.example.org", "{{ email | e }}")
            text = text.replace(f"app{MARK}", "{{ name }}")
            compiled.append(environment.from_string(text))
    return compiled


def jinja(count):
    compiled = templates()
    views = [
        {
            "name": f"app{i}",
            "secret": f"k8#x$Q it's secret {i}",
            "password": f"s3cret{i}",
            "email": f"help@app{i}.example.org",
        }
        for i in range(count)
    ]
    start = time.perf_counter()
    size = 0
    for view in views:
        for template in compiled:
            size += len(template.render(view))
    return {"files": len(compiled) * count, "bytes": size, "rendering_s": time.perf_counter() - start}


def cli(count):
    """The whole program, on all cores, to disk: seconds and peak memory."""
    with tempfile.TemporaryDirectory() as directory:
        cargo_bench(str(count), "--vars", directory)
        files = sorted(str(file) for file in pathlib.Path(directory).glob("*.yml"))
        command = ["target/release/wsgi-cli", "-q", "render", *files, "--out", f"{directory}/out"]
        start = time.perf_counter()
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, status
        return {"seconds": time.perf_counter() - start, "peak_mb": usage.ru_maxrss / 1024}


def main():
    counts = [int(argument) for argument in sys.argv[1:]] or [1000, 10000]
    print("| apps | files | jinja2 renders | ours renders | ratio | ours loads | whole program, to disk | its peak memory |")
    print("|---|---|---|---|---|---|---|---|")
    for count in counts:
        theirs, ours, whole = jinja(count), cargo_bench(str(count)), cli(count)
        assert abs(theirs["bytes"] - ours["bytes"]) < ours["bytes"] * 0.02, (theirs, ours)
        print(
            f"| {count} | {ours['files']} | {theirs['rendering_s']:.2f} s | {ours['rendering_s']:.2f} s "
            f"| {theirs['rendering_s'] / ours['rendering_s']:.1f}× | {ours['loading_s']:.2f} s "
            f"| {whole['seconds']:.2f} s | {whole['peak_mb']:.0f} MB |",
            flush=True,
        )


if __name__ == "__main__":
    main()
