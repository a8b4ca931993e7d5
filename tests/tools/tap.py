"""TAP for the tests of the tools: a test is a function whose name is the sentence that holds.

SPDX-License-Identifier: MIT
"""
import os
import subprocess
import sys
import traceback

tests = []


def test(function):
    tests.append((function.__name__.replace("_", " "), function))
    return function


def for_each(values):
    """The test once for each value, which it is given and named by."""
    def add(function):
        for value in values:
            name = f"{function.__name__.replace('_', ' ')}: {value}"
            tests.append((name, lambda value=value: function(value)))
        return function
    return add


def run_tests():
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, (name, function) in enumerate(tests, 1):
        try:
            function()
        except BaseException:
            failed += 1
            print(f"not ok {number} - {name}")
            for line in traceback.format_exc().splitlines()[-12:]:
                print(f"#   {line}", flush=True)
        else:
            print(f"ok {number} - {name}", flush=True)
    sys.exit(failed != 0)


def equal(found, wanted, what=""):
    if found != wanted:
        raise AssertionError(f"{what}: found {found!r:.300}, wanted {wanted!r:.300}")


def directory(name):
    """An empty directory of the test's own."""
    path = os.path.join("build", "scripts", name)
    subprocess.run(["rm", "-rf", path], check=True)
    os.makedirs(path)
    return path


def run(*command, good=True, **options):
    """Output and errors of a command, which succeeds; or, with good=False, fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **options)
    if (done.returncode == 0) != good:
        raise AssertionError(f"{command}: status {done.returncode}: {done.stdout[-500:]}{done.stderr[-2000:]}")
    return done.stdout, done.stderr


def cairn(*words, good=True):
    """The same of tools/cairn."""
    return run("tools/cairn", *map(str, words), good=good)
