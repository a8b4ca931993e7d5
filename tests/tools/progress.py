"""cairn size says on a terminal how far it is, nowhere else; it builds each program once, and works on all cores.

SPDX-License-Identifier: MIT
"""
import os
import pty
import shutil
import stat
import subprocess

from tap import directory, equal, run, run_tests, test

WORK = directory("progress")
TRACE = "tests/traces/lua-life.trace"
COMMAND = ["tools/cairn", "size", TRACE, "--orders", "2", "--reach", "4", "--reach", "8"]


def on_terminal(*more):
    """What the tool writes to a terminal that is its standard error."""
    leader, follower = pty.openpty()
    words = [*COMMAND, *more]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=follower) as tool:
        os.close(follower)
        said = b""
        try:
            while part := os.read(leader, 4096):
                said += part
        except OSError:
            pass  # the other side is closed
        equal(tool.wait(timeout=100), 0)
    os.close(leader)
    return said.decode()


@test
def a_terminal_shows_each_order_and_is_left_clean():
    said = on_terminal()
    for n in range(1, 5):
        assert f"\r\x1b[Kcairn size: order {n} of 4 ..." in said, said
    assert "the smallest heap of the recorded order" in said and said.endswith("\r\x1b[K") and "\n" not in said, said


@test
def quiet_says_nothing_there():
    equal(on_terminal("-q"), "")
    equal(on_terminal("--quiet"), "")


@test
def a_file_or_a_pipe_gets_nothing():
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=True)
    equal(done.stderr, "")
    assert "Recommended: " in done.stdout


@test
def each_program_is_built_once():
    """make takes longer to find that it has nothing to do than a small trace takes to run."""
    log, wrapper = os.path.abspath(os.path.join(WORK, "made")), os.path.join(WORK, "make")
    with open(wrapper, "w", encoding="ascii") as file:
        file.write(f"#!/bin/sh\necho \"$@\" >>{log}\nexec {shutil.which('make')} \"$@\"\n")
    os.chmod(wrapper, os.stat(wrapper).st_mode | stat.S_IXUSR)
    path = f"{os.path.abspath(WORK)}:{os.environ['PATH']}"
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=True, env={**os.environ, "PATH": path})
    assert "Recommended: " in done.stdout
    with open(log, encoding="ascii") as file:
        targets = [line.split()[-1] for line in file]
    # Of both granules, of which it names the better one.
    equal(sorted(targets), [f"build/host/{folder}{name}" for folder in ("coarse/", "") for name in ("fit", "heap_run")])


@test
def a_proof_gives_the_sizes_that_runs_give():
    """bench/fit.c leaves out runs whose result is certain: its size serves, and 20 larger ones do; a granule less does
    not."""
    for name in ("lua-life", "cjson-telemetry", "jerryscript-node", "cpp-events", "lwip-httpd", "freetype-ui"):
        path = f"tests/traces/{name}.trace"
        fit = int(run("build/host/fit", path)[0].split("\t")[2])
        state = int(run("build/host/heap_run", "sizes", path, "0", "0")[0].split()[0])
        sizes = [fit - state - 8] + [(fit - state) * (200 + 3 * step) // 200 // 8 * 8 for step in range(21)]
        lines = run("build/host/heap_run", "sizes", path, "0", *map(str, sizes))[0].splitlines()[1:]
        refused = [int(line.split("\t")[1]) for line in lines]
        assert refused[0] > 0 and not any(refused[1:]), (name, fit, refused)


run_tests()
