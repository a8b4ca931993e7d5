"""trial.py: one change of the heap is compiled and tested, in a copy of the sources, until a test notices it.

SPDX-License-Identifier: MIT
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

KILLED, SURVIVES, SAME_CODE, NOT_COMPILED, INVALID = "killed", "survives", "same code", "not compiled", "invalid"

# A test that is still at work after so many seconds of processor time, and so many times what it takes by itself, is
# in a loop.
PATIENCE, TIMES = 0.5, 6
# Where it has had no processor, it gets as long again, up to so many times.
WAITS = 10
# A change that is on record as equivalent is not tried by tests that take longer, in seconds, unless it is asked for.
BRIEF = 0.3
# Output beyond this is no test's.
MOST_OUTPUT = 1 << 20


class Fault(Exception):
    """The tests do not pass over the heap as it is, or cannot be built."""


class Program:
    """A test program: its path, its sources, what it is linked with."""

    def __init__(self, words):
        self.path = words[0]
        self.sources = [word for word in words[1:] if not word.startswith("-")]
        self.libraries = [word for word in words[1:] if word.startswith("-")]
        self.name = "/".join(self.path.split("/")[-2:])
        self.seconds = None
        self.reached = None
        self.kills = {}  # by the file that was changed


class Configuration:
    """A choice of options, with the programs that run over a library built with them."""

    def __init__(self, name, build):
        self.name = name
        self.folder = os.path.join(build, name)
        self.programs = []
        self.commands = {}
        self.library, self.sources, self.plain = None, [], None
        self.needs = self.gives = None  # the names that the library's objects lack and define

    def object_of(self, source):
        return os.path.join(self.folder, os.path.splitext(source)[0] + ".o")


def read_configurations(build):
    """What make has told of them."""
    configurations = []
    with open(os.path.join(build, "configurations"), encoding="utf-8") as file:
        for line in file:
            key, *words = shlex.split(line) or [""]
            if key == "configuration":
                configurations.append(Configuration(words[0], build))
            elif key == "library":
                configurations[-1].library, configurations[-1].sources = words[0], words[1:]
            elif key == "plain":
                configurations[-1].plain = words[0] if words else None
            elif key == "program":
                configurations[-1].programs.append(Program(words))
            elif key:
                configurations[-1].commands[key] = words
    return configurations


def dependencies(object_path):
    """The files that an object was made of, as its .d file has them."""
    with open(os.path.splitext(object_path)[0] + ".d", encoding="utf-8") as file:
        rule = file.read().replace("\\\n", " ").split("\n", 1)[0]
    return {os.path.normpath(word) for word in rule.split(":", 1)[1].split()}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def is_good(status, output):
    """Has a program that prints TAP passed? Without a plan its status alone tells."""
    if status != 0 or re.search(rb"^(not ok|Bail out!)", output, re.MULTILINE):
        return False
    plan = re.search(rb"^1\.\.(\d+)", output, re.MULTILINE)
    return plan is None or int(plan.group(1)) == len(re.findall(rb"^ok\b", output, re.MULTILINE))


def processor_time(pid):
    """Seconds that a process has used so far."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            fields = file.read().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Trial:
    """Tries changes, one after the other, in a folder of its own."""

    def __init__(self, build, work):
        self.configurations = read_configurations(build)
        self.top = os.getcwd()
        self.work = tempfile.mkdtemp(dir=work)
        self.tree = os.path.join(self.work, "tree")
        for folder in ("allocator", "include", "port", "tests", "bench"):
            if os.path.isdir(folder):
                shutil.copytree(folder, os.path.join(self.tree, folder), ignore=no_source)
        self.dependencies, self.lines, self.texts, self.known = {}, {}, {}, {}
        self.compiled = {}  # of the change that is tried
        self.environment = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", ASAN_OPTIONS="detect_leaks=0")

    # ---- Compiling ---------------------------------------------------------------------------------

    def command(self, words):
        """Run a compiler in the copy of the sources. Its output, or None if it fails."""
        nothing = subprocess.DEVNULL
        done = subprocess.run(
            words, cwd=self.tree, stdin=nothing, stdout=subprocess.PIPE, stderr=nothing, check=False
        )
        return done.stdout if done.returncode == 0 else None

    def depends(self, configuration, source, path):
        """Is `path` compiled as a part of `source`?"""
        key = configuration.name, source
        if key not in self.dependencies:
            self.dependencies[key] = dependencies(configuration.object_of(source))
        return path in self.dependencies[key]

    def preprocessed(self, configuration, source, key="compile"):
        output = self.command(configuration.commands[key] + ["-E", source])
        if output is None:
            return None
        return re.sub(rb"^#.*\n", b"", output, flags=re.MULTILINE)

    def unchanged_text(self, configuration, source, path, text):
        """What the preprocessor makes of a source as it is; `path` has been changed in the tree, from `text`."""
        key = configuration.name, source
        if key not in self.texts:
            changed = read(os.path.join(self.tree, path))
            self.write(path, text)
            self.texts[key] = hash(self.preprocessed(configuration, source))
            self.write(path, changed)
        return self.texts[key]

    def compiled_lines(self, configuration, source):
        """Places of a source and its headers that come through the preprocessor: file and line."""
        key = configuration.name, source
        if key not in self.lines:
            output = subprocess.run(
                configuration.commands["compile"] + ["-E", source], cwd=self.top, stdout=subprocess.PIPE, check=True
            ).stdout.decode(errors="replace")
            places, path, number = set(), source, 1
            for line in output.split("\n"):
                mark = re.match(r'# (\d+) "([^"]*)"', line)
                if mark:
                    number, path = int(mark.group(1)), os.path.normpath(mark.group(2))
                    continue
                if line.strip():
                    places.add((path, number))
                number += 1
            self.lines[key] = places
        return self.lines[key]

    def may_change(self, configuration, source, change):
        """Does the change reach the compiler? Quickly, so that code of other configurations costs nothing."""
        if not self.depends(configuration, source, change.path):
            return False
        if change.in_macro:
            before = self.unchanged_text(configuration, source, change.path, change.before)
            return hash(self.preprocessed(configuration, source)) != before
        places = self.compiled_lines(configuration, source)
        return any((change.path, line) in places for line in range(change.line - 2, change.last_line + 3))

    def is_compiled(self, change):
        """Is the changed place compiled in any configuration?"""
        for configuration in self.configurations:
            for source in configuration.sources:
                if self.depends(configuration, source, change.path):
                    before = self.unchanged_text(configuration, source, change.path, change.before)
                    if hash(self.preprocessed(configuration, source)) != before:
                        return True
        return False

    def compile(self, configuration, source, key):
        """Compile a source of the tree. The object's path if it differs from make's, None if not, False if it fails."""
        text = self.preprocessed(configuration, source, key)
        after = configuration.commands["after"] if key == "compile" else []
        # Configurations differ in options that many sources do not ask for.
        words = configuration.commands[key] + after
        what = source, hash(text), *(word for word in words if word[:2] not in ("-D", "-I"))
        if what not in self.compiled:
            target = os.path.join(self.work, configuration.name, os.path.splitext(source)[0] + ".o")
            os.makedirs(os.path.dirname(target), exist_ok=True)
            words = configuration.commands[key] + ["-c", source, "-o", os.path.abspath(target)]
            good = text is not None and self.command(words) is not None
            if good and after:
                subprocess.run(after + [target], check=True)
            self.compiled[what] = target if good else False
        target = self.compiled[what]
        return target and (target if read(target) != read(configuration.object_of(source)) else None)

    def objects(self, configuration, change):
        """The library's objects that differ: source to path. None if one does not compile."""
        found = {}
        for source in configuration.sources:
            if self.may_change(configuration, source, change):
                target = self.compile(configuration, source, "compile")
                if target is False:
                    return None
                if target is not None:
                    found[source] = target
        return found

    def link(self, configuration, sources, changed, target, options):
        """Link objects, those that changed in place of make's."""
        objects = [changed.get(source) or configuration.object_of(source) for source in sources]
        words = configuration.commands["link"] + options[0] + objects + options[1] + ["-o", target]
        return subprocess.run(words, stdin=subprocess.DEVNULL, check=False).returncode == 0

    def link_library(self, configuration, changed):
        target = os.path.join(self.work, configuration.name, os.path.basename(configuration.library))
        options = ["-shared", "-Wl,-soname," + os.path.basename(configuration.library), "-Wl,-Bsymbolic"], []
        os.makedirs(os.path.dirname(target), exist_ok=True)
        if not self.link(configuration, configuration.sources, changed, target, options):
            raise Fault(f"{configuration.name}: the library does not link")
        return os.path.dirname(target)

    def program(self, configuration, program, change, changed):
        """The program to run: another one where its sources include what was changed. None if it does not compile."""
        for source in program.sources:
            if source not in changed:
                changed[source] = None
                if self.depends(configuration, source, change.path):
                    changed[source] = self.compile(configuration, source, "compile-tests")
        mine = {source: changed[source] for source in program.sources}
        if False in mine.values():
            return None
        if not any(mine.values()):
            return program.path
        target = os.path.join(self.work, configuration.name, "bin", os.path.basename(program.path))
        os.makedirs(os.path.dirname(target), exist_ok=True)
        library = [os.path.join(self.work, configuration.name, os.path.basename(configuration.library))]
        if not self.link(configuration, program.sources, mine, target, ([], library + program.libraries)):
            return None
        return target

    def symbols(self, path, options):
        """The names that an object or a program defines, or lacks."""
        listed = subprocess.run(["nm", *options, path], stdout=subprocess.PIPE, check=True).stdout.decode()
        return {line.split()[-1].split("@")[0] for line in listed.split("\n") if line}

    def reached(self, configuration, program):
        """The library's sources that a program can come to, by the names that it and they ask for."""
        if program.reached is None:
            if configuration.needs is None:
                objects = {source: configuration.object_of(source) for source in configuration.sources}
                configuration.needs = {s: self.symbols(o, ["--undefined-only"]) for s, o in objects.items()}
                configuration.gives = {s: self.symbols(o, ["--defined-only", "-g"]) for s, o in objects.items()}
            asked, program.reached = self.symbols(program.path, ["-D", "--undefined-only"]), set()
            while asked:
                came = {s for s in configuration.sources if asked & configuration.gives[s]} - program.reached
                program.reached |= came
                asked = set().union(*(configuration.needs[source] for source in came))
        return program.reached

    # ---- Running -----------------------------------------------------------------------------------

    def run(self, path, library_folder, limit):
        """Run a program over a library. Returns why it is not good, or None; and the seconds that it took."""
        environment = dict(self.environment, LD_LIBRARY_PATH=library_folder)
        start = time.monotonic()
        with tempfile.TemporaryFile(dir=self.work) as output:
            nothing = subprocess.DEVNULL
            process = subprocess.Popen(
                [path], env=environment, stdin=nothing, stdout=output, stderr=nothing, process_group=0
            )
            try:
                status = self.wait(process, limit, output)
            finally:
                if process.returncode is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            seconds = time.monotonic() - start
            if status is None:
                return "no end", seconds
            if status < 0:
                return signal.Signals(-status).name, seconds
            output.seek(0)
            return None if is_good(status, output.read()) else "failed", seconds

    def wait(self, process, limit, output):
        """The status that a process ends with; None where it does not. A busy machine gives it more time."""
        for _ in range(WAITS):
            try:
                return process.wait(timeout=limit)
            except subprocess.TimeoutExpired:
                if processor_time(process.pid) >= limit or os.fstat(output.fileno()).st_size > MOST_OUTPUT:
                    break
        return None

    def seconds_of(self, configuration, program):
        """What a program takes over the heap as it is, where it has to pass; measured once after each build."""
        if program.seconds is None:
            stamp = program.path + ".seconds"
            newest = max(os.path.getmtime(program.path), os.path.getmtime(configuration.library))
            if not os.path.exists(stamp) or os.path.getmtime(stamp) < newest:
                fault, seconds = self.run(program.path, configuration.folder, 120)
                if fault is not None:
                    raise Fault(f"{program.path}: {fault}, over the heap as it is")
                temporary = f"{stamp}.{os.getpid()}"
                with open(temporary, "w", encoding="ascii") as file:
                    file.write(f"{seconds:.4f}\n")
                os.replace(temporary, stamp)
            with open(stamp, encoding="ascii") as file:
                program.seconds = float(file.read())
        return program.seconds

    # ---- One change --------------------------------------------------------------------------------

    def promise(self, program, path):
        """How often a program has noticed changes of the file, more or less."""
        return program.kills.get(path, 0) + 0.05 * sum(program.kills.values()) + 0.01

    def order_of_configurations(self, path):
        """Those first where changes of the file were noticed for the least time; sanitizers come last."""

        def key(configuration):
            seconds = 0.2 + sum(self.seconds_of(configuration, program) for program in configuration.programs)
            promise = sum(program.kills.get(path, 0) for program in configuration.programs)
            return configuration.plain is not None, seconds > 1.5, -(promise + 0.01) / seconds

        return sorted(self.configurations, key=key)

    def judge(self, change):
        """Try a change. Returns what became of it, and what noticed it."""
        self.write(change.path, change.after)
        self.compiled = {}
        try:
            return self.try_all(change)
        finally:
            self.write(change.path, change.before)

    def write(self, path, content):
        with open(os.path.join(self.tree, path), "wb") as file:
            file.write(content)

    def try_all(self, change):
        same, survives = set(), False
        for configuration in self.order_of_configurations(change.path):
            if change.brief and not self.programs_for(configuration, change):
                continue
            objects = self.objects(configuration, change)
            if objects is None:
                return INVALID, f"does not compile in {configuration.name}"
            if not objects:
                same.add(configuration.name)
                continue
            # What C leaves undefined, such as a shift by 32, may be the same code here. The sanitizers see it.
            survives = survives or configuration.plain not in same
            noticed = self.try_in(configuration, change, objects)
            if noticed:
                return KILLED, f"{configuration.name} {noticed}"
        if survives:
            return SURVIVES, ""
        return (SAME_CODE if self.is_compiled(change) else NOT_COMPILED), ""

    def programs_for(self, configuration, change):
        """The programs to run, the most promising one first. What is known to be equivalent is tried briefly."""
        programs = configuration.programs
        if change.brief:
            programs = [] if configuration.plain else [p for p in programs if p.seconds < BRIEF]
        return sorted(programs, key=lambda program: program.seconds / self.promise(program, change.path))

    def try_in(self, configuration, change, objects):
        """Run the programs of a configuration. Returns which one noticed the change; None if none did."""
        # Two changes that give the same code have the same end; but programs may include a header.
        key = (configuration.name, *((source, hash(read(path))) for source, path in sorted(objects.items())))
        if change.path.endswith(".c") and key in self.known:
            return self.known[key]
        folder = self.link_library(configuration, objects)
        noticed, changed = None, {}
        for program in self.programs_for(configuration, change):
            path = self.program(configuration, program, change, changed)
            if path is None:
                continue
            if path == program.path and self.reached(configuration, program).isdisjoint(objects):
                continue
            fault, _ = self.run(path, folder, PATIENCE + TIMES * program.seconds)
            if fault is not None:
                program.kills[change.path] = program.kills.get(change.path, 0) + 1
                noticed = f"{program.name}: {fault}"
                break
        self.known[key] = noticed
        return noticed


def no_source(folder, names):
    """What a copy of the sources leaves out."""
    return [name for name in names if not os.path.isdir(os.path.join(folder, name)) and name[-2:] not in (".c", ".h")]
