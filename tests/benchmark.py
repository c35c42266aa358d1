"""Compares rendering with jinja2, which does the same job in Python: see `tests/benchmark`.

Both sides render the same files of the same apps from the same templates, which are compiled before
the clock starts, and the first apps' files are compared byte by byte. jinja2 is given the finished
view of each template; the clock of ours also runs while views, paths, owners, checks and actions are
made, and while a bundle is put together. The loops run by turns on one core, the best counts.
"""

import difflib
import gc
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from benches import jinja_templates, usual_app

#: How many times each loop runs.
RUNS = 5
#: Apps whose files are compared.
COMPARED = 20
#: Apps whose views are made in one go, before their files are rendered.
AT_ONCE = 100

CLI = "target/release/wsgi-cli"


def write_vars(directory, count):
    files = [directory / f"app{i}.yml" for i in range(count)]
    for i, file in enumerate(files):
        file.write_text(usual_app.vars_file(i))
    return files


def compiled_templates():
    return {name: jinja_templates.compiled(name, view) for _, name, view in usual_app.views(0)}


def compare(templates):
    """Fails unless both sides render the same bytes."""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        out = directory / "out"
        render(write_vars(directory, COMPARED), out)
        ours = {f"/{file.relative_to(out)}" for file in out.rglob("*") if file.is_file()}
        ours -= {file for file in ours if os.path.islink(f"{out}{file}")}
        ours -= {f"/var/lib/app{i}/locks/sessions.lock" for i in range(COMPARED)}
        theirs = set()
        for i in range(COMPARED):
            for path, name, view in usual_app.views(i):
                theirs.add(path)
                text = templates[name].render(view)
                expected = pathlib.Path(f"{out}{path}").read_text()
                assert text == expected, "\n".join(difflib.ndiff(expected.splitlines(), text.splitlines()))
        assert ours == theirs | {"/manifest.json"}, ours ^ theirs


def jinja(templates, count):
    """Seconds that jinja2 takes for the files of `count` apps."""
    seconds = 0
    for first in range(0, count, AT_ONCE):
        # Made as they are needed: hundreds of megabytes of them would slow down every memory access.
        chunk = [
            (templates[name], view)
            for i in range(first, min(first + AT_ONCE, count))
            for _, name, view in usual_app.views(i)
        ]
        start = time.perf_counter()
        for template, view in chunk:
            template.render(view)
        seconds += time.perf_counter() - start
    return seconds


def ours(directory):
    command = ["cargo", "bench", "--quiet", "-p", "wsgi-tests", "--bench", "render_many", "--", directory]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)


def render(vars_files, out):
    """Seconds of the whole program, from start to exit, and of its work on all cores."""
    start = time.perf_counter()
    process = subprocess.Popen([CLI, "-q", "render", *vars_files, "--out", out], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    assert status == 0, status
    return seconds, usage.ru_utime + usage.ru_stime


def peak_memory(vars_files, out):
    """MB of the whole program."""
    # Not what wait4 says: that includes this process, as it was when it forked.
    process = subprocess.Popen([CLI, "-q", "render", *vars_files, "--out", out], stderr=subprocess.DEVNULL)
    status, peak = pathlib.Path(f"/proc/{process.pid}/status"), 0
    while process.poll() is None:
        marks = [line.split() for line in status.read_text().splitlines() if line.startswith("VmHWM:")]
        peak = max([peak, *(int(kilobytes) for _, kilobytes, _ in marks)])
        time.sleep(0.002)
    assert process.returncode == 0, process.returncode
    return peak / 1024


def from_start_to_exit(where):
    """Milliseconds that the whole program takes for one app, into a new directory in `where`."""
    with tempfile.TemporaryDirectory(dir=where) as directory:
        directory = pathlib.Path(directory)
        file = write_vars(directory, 1)
        return 1000 * statistics.median(render(file, directory / f"out{i}")[0] for i in range(50))


def main():
    counts = [int(argument) for argument in sys.argv[1:]] or [1000, 10000]
    cores = os.sched_getaffinity(0)
    templates = compiled_templates()
    compare(templates)
    # As timeit does; in jinja2's favour.
    gc.disable()
    print("| apps | files | jinja2 renders | ours renders | ratio | ours loads | program, to disk | cores used | peak memory |")
    print("|---|---|---|---|---|---|---|---|---|")
    for count in counts:
        with tempfile.TemporaryDirectory() as directory:
            directory = pathlib.Path(directory)
            inputs = directory / "vars"
            inputs.mkdir()
            vars_files = write_vars(inputs, count)
            os.sched_setaffinity(0, {max(cores)})
            runs = [(jinja(templates, count), ours(inputs)) for _ in range(RUNS)]
            os.sched_setaffinity(0, cores)
            theirs = min(seconds for seconds, _ in runs)
            rendering, loading = (min(run[key] for _, run in runs) for key in ("rendering_s", "loading_s"))
            seconds, busy = render(vars_files, directory / "out")
            memory = peak_memory(vars_files, directory / "again")
            print(
                f"| {count} | {runs[0][1]['files']} | {theirs:.2f} s | {rendering:.3f} s | {theirs / rendering:.1f}× "
                f"| {loading:.2f} s | {seconds:.2f} s | {busy / seconds:.1f} | {memory:.0f} MB |",
                flush=True,
            )
    # On a disk it waits for the file system's journal, and so for whatever else is written.
    for where in ("/dev/shm", tempfile.gettempdir()):
        print(f"\nOne app, from start to exit, into {where}: {from_start_to_exit(where):.1f} ms")


if __name__ == "__main__":
    main()
