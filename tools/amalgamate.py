"""Write Cairn as one source and one header, and as a library of Arduino, PlatformIO and CMSIS-Pack.

amalgamate.py FOLDER: FOLDER/src/cairn.c, cairn.h and cairn.hpp hold all of include/, allocator/ and what port/ has for
Cortex-M, RISC-V and their C libraries. Beside src/ lie the files by which these tools know a library. It runs at the
top of the tree.

A name that two of the sources define for themselves (a static function, a macro) gets its source's name in front.

SPDX-License-Identifier: MIT
"""

import json
import pathlib
import re
import sys
from xml.sax.saxutils import escape

CORE = "heap start private inspect check_step"
SYSTEM = "malloc family sbrk regions"
WATCH = "watch guard explain freed quarantine account trace"
SOURCES = [
    *(f"port/common/{name}.c" for name in "region fatal failure lock".split()),
    *(f"port/cortex-m/{name}.c" for name in "calls stack_end".split()),
    *(f"allocator/core/{name}.c" for name in CORE.split()),
    *(f"allocator/system/{name}.c" for name in SYSTEM.split()),
    *(f"allocator/watch/{name}.c" for name in WATCH.split()),
    "port/libc/names.c",
]
# Where a header is looked for, besides the folder of the file that includes it.
FOLDERS = ["include", "port", "allocator"]

DESCRIPTION = "Memory allocator for Arm Cortex-M and RISC-V: little RAM, bounded time, misuse found"

HEAD = """\
/* cairn.c: Cairn {version}, a memory allocator for Arm Cortex-M and RISC-V, in one source: malloc() and its family, for
 * newlib, newlib-nano and picolibc. Compile it with any flags, and link it as an object. `make amalgamation` made it.
 *
 * A firmware may define cairn_fatal(), cairn_on_failure(), port_heap_start(), port_heap_limit(): these are weak here.
 *
 * SPDX-License-Identifier: MIT */
#include "cairn.h"

#pragma weak cairn_fatal
#pragma weak cairn_failure
#pragma weak cairn_on_failure
#pragma weak port_heap_start
#pragma weak port_heap_limit
#if CAIRN_CALLS
#pragma weak port_stack_end
#endif
#if CAIRN_CHECK == 2
#pragma weak cairn_damage
#endif

/* One source has the names of all: locals may hide them, and with some options a function has no caller. */
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-function"
"""

OPTIONS = """\
/* Options in a file beside this one, if there is one. */
#if !defined(CAIRN_CONFIG_HEADER) && defined(__has_include)
#if __has_include("cairn_options.h")
#include "cairn_options.h"
#endif
#endif

"""

OPTIONS_FILE = """\
/* cairn_options.h: options of the heap. cairn.h says what each means, and its default.
 *
 * SPDX-License-Identifier: MIT */
#ifndef CAIRN_OPTIONS_H
#define CAIRN_OPTIONS_H

/* #define CAIRN_CHECK 2 */
/* #define CAIRN_COUNTS 1 */
/* #define CAIRN_REGIONS 1 */
/* #define CAIRN_CEILING 0x50 */

#endif
"""

INCLUDE = re.compile(r'^#include "([^"]+)".*\n', re.MULTILINE)
# What is not a name to replace: comments, strings, and members, which follow a point or an arrow.
SKIPPED = r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|(?:\.|->)\s*[A-Za-z_]\w*'


class Refused(Exception):
    """What prevents the file from being made, for the user."""


def read(path: pathlib.Path) -> str:
    """Read a file of the tree."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}. Run this at the top of Cairn's tree.") from error


def find(name: str, includer: pathlib.Path) -> pathlib.Path:
    """Find the file that `includer` includes as `name`."""
    for folder in [includer.parent, *map(pathlib.Path, FOLDERS)]:
        path = folder / name
        if path.is_file():
            return pathlib.Path(*_normal(path.parts))
    raise Refused(f"{includer}: there is no {name}")


def _normal(parts: tuple[str, ...]) -> list[str]:
    kept: list[str] = []
    for part in parts:
        if part == "..":
            kept.pop()
        else:
            kept.append(part)
    return kept


def own_names(text: str) -> set[str]:
    """Collect what a file defines for itself at file scope: static functions and objects, types, constants, macros."""
    plain = re.sub(r"/\*.*?\*/", " ", text, flags=re.DOTALL)
    names = set(re.findall(r"^# *define (\w+)", plain, re.MULTILINE))
    plain = re.sub(r"^#(?:.*\\\n)*.*", "", plain, flags=re.MULTILINE)
    plain = re.sub(r"__attribute__\(\(.*?\)\)|__asm__?\(.*?\)|LAYOUT_SYMBOL\(\w+\)", "", plain)
    names |= set(re.findall(r"^(?:\w+ )*static [^;{=]*?(\w+)\(", plain, re.MULTILINE))
    for objects in re.findall(r"^static ([^(){]*?)(?: =[^;]*)?;", plain, re.MULTILINE):
        names |= {re.findall(r"\w+", part)[-1] for part in re.sub(r"\[.*?\]", "", objects).split(",")}
    names |= set(re.findall(r"^(?:struct|union|enum) (\w+) *\{", plain, re.MULTILINE))
    for constants in re.findall(r"^enum (?:\w+ )?\{(.*?)\}", plain, re.MULTILINE | re.DOTALL):
        names |= set(re.findall(r"(?:^|,)\s*(\w+)", constants))
    return names


def rename(text: str, names: set[str], prefix: str) -> str:
    """Put `prefix` in front of each of `names`."""
    if not names:
        return text
    pattern = re.compile(SKIPPED + r"|\b(" + "|".join(sorted(names)) + r")\b", re.DOTALL)
    return pattern.sub(lambda match: f"{prefix}_{match[1]}" if match[1] else match[0], text)


class Amalgamation:
    """One text of many files. Each header is in it once."""

    def __init__(self) -> None:
        self.seen = {"include/cairn.h", "include/cairn_config.h"}
        self.names: dict[str, set[str]] = {}

    def learn(self, path: pathlib.Path) -> None:
        """Collect the names of a file and of those that it includes."""
        if str(path) in self.names:
            return
        text = read(path)
        self.names[str(path)] = own_names(text)
        for name in INCLUDE.findall(text):
            self.learn(find(name, path))

    def taken(self, path: pathlib.Path) -> set[str]:
        """Name what this source defines and another file does, too."""
        mine = self.names[str(path)]
        return {name for other, names in self.names.items() if other != str(path) for name in names & mine}

    def part(self, path: pathlib.Path, in_condition: bool = False) -> str:
        """Return a file's text, with those that it includes in the place of the lines that do so."""
        text = read(path)
        if path.suffix == ".c":
            text = rename(text, self.taken(path), path.stem)

        def included(match: re.Match[str]) -> str:
            inner = find(match[1], path)
            if str(inner) in self.seen:
                return ""
            depth = len(re.findall(r"^#if", text[: match.start()], re.MULTILINE))
            depth -= len(re.findall(r"^#endif", text[: match.start()], re.MULTILINE))
            conditional = in_condition or depth > (path.suffix == ".h")
            if conditional and inner.suffix == ".h":
                raise Refused(f"{path}: includes {inner} under a condition, before any other file does")
            if inner.suffix == ".h":
                self.seen.add(str(inner))
            return self.part(inner, conditional)

        body = INCLUDE.sub(included, text)
        return f"\n/* ==== {path} {'=' * (100 - len(str(path)))} */\n\n{body.strip()}\n"


def lock(whole: Amalgamation) -> str:
    """Return the locks of the cores; a lock header of the user's takes precedence, and a ceiling asks for BASEPRI."""
    paths = [pathlib.Path("port", name) for name in ("riscv/mie.h", "cortex-m/basepri.h", "cortex-m/primask.h")]
    whole.seen |= set(map(str, paths))
    mie, basepri, primask = (whole.part(path) for path in paths)
    free = "#if !defined(CAIRN_PORT_HEADER) && !defined(CAIRN_PORT_DEFAULT)"
    ceiling = "#elif defined(CAIRN_CEILING) || defined(CAIRN_CEILING_OF_FIRMWARE)"
    return f"\n{free}\n#ifdef __riscv\n{mie}\n{ceiling}\n{basepri}\n#else\n{primask}\n#endif\n#endif\n"


def one_source(version: str) -> str:
    """Return cairn.c."""
    whole = Amalgamation()
    for source in ["port/port.h", *SOURCES]:
        whole.learn(pathlib.Path(source))
    parts = [HEAD.format(version=version), lock(whole)]
    whole.seen.add("port/port.h")
    parts.append(whole.part(pathlib.Path("port/port.h")))
    parts += [whole.part(pathlib.Path(source)) for source in SOURCES]
    # References to other objects, of which there are none.
    fetches = re.compile(r"\n/\* Fetches the objects of the other names.*?\n__asm\(\".global malloc[^\n]*\n", re.DOTALL)
    text, count = fetches.subn("\n", "".join(parts))
    if count != 1:
        raise Refused("port/libc/names.c: no reference to the other objects was found")
    return text


def one_header() -> str:
    """Return cairn.h, with the options in it."""
    config = read(pathlib.Path("include/cairn_config.h"))
    place = "#ifdef CAIRN_CONFIG_HEADER\n"
    if place not in config:
        raise Refused("include/cairn_config.h: no place for the options")
    config = config.replace(place, OPTIONS + place, 1)
    header = read(pathlib.Path("include/cairn.h"))
    if header.count('#include "cairn_config.h"\n') != 1:
        raise Refused("include/cairn.h: no place for cairn_config.h")
    return header.replace('#include "cairn_config.h"\n', config)


def version_of(header: str) -> str:
    """Return the version, three numbers."""
    return ".".join(re.findall(r"#define CAIRN_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))


# ---- What other tools know a library by --------------------------------------------------------------


def platformio(version: str) -> str:
    """Return library.json. The library is linked as objects: the C library's calls then find it."""
    return json.dumps({
        "name": "Cairn",
        "version": version,
        "description": DESCRIPTION,
        "keywords": "malloc, heap, allocator, memory, rtos",
        "license": "MIT",
        "frameworks": "*",
        "platforms": "*",
        "headers": ["cairn.h"],
        "build": {"srcDir": "src", "includeDir": "src", "srcFilter": ["+<*.c>"], "libArchive": False},
    }, indent=2) + "\n"


def arduino(version: str) -> str:
    """Return library.properties. dot_a_linkage=false: the library is linked as objects."""
    return f"""\
name=Cairn
version={version}
author=Cairn maintainers
maintainer=Cairn maintainers
sentence={DESCRIPTION}.
paragraph=Include cairn.h in the sketch, and malloc(), new and String take their memory from Cairn.
category=Other
url=
architectures=sam,samd,stm32,nrf52,renesas,rp2040,teensy
includes=cairn.h
dot_a_linkage=false
"""


def cmsis_pack(version: str, date: str, url: str) -> str:
    """Return the pack's description."""
    cores = "M0 M0+ M1 M3 M4 M7 M23 M33 M35P M52 M55 M85"
    accepted = "\n".join(f'      <accept Dcore="Cortex-{core}"/>' for core in cores.split())
    return f"""\
<?xml version="1.0" encoding="UTF-8"?>
<package schemaVersion="1.7.7" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance"
         xs:noNamespaceSchemaLocation="PACK.xsd">
  <vendor>Cairn</vendor>
  <name>Cairn</name>
  <description>{escape(DESCRIPTION)}</description>
  <url>{escape(url)}</url>
  <license>LICENSE</license>
  <releases>
    <release version="{version}" date="{date}">See CHANGELOG.md.</release>
  </releases>
  <keywords>
    <keyword>malloc</keyword>
    <keyword>heap</keyword>
  </keywords>
  <conditions>
    <condition id="Cortex-M with GCC or Clang">
      <description>Newlib and picolibc are the C libraries of these compilers.</description>
{accepted}
      <require condition="GCC or Clang"/>
    </condition>
    <condition id="GCC or Clang">
      <accept Tcompiler="GCC"/>
      <accept Tcompiler="CLANG"/>
    </condition>
  </conditions>
  <taxonomy>
    <description Cclass="Memory" Cgroup="Heap">Allocators</description>
  </taxonomy>
  <components>
    <component Cclass="Memory" Cgroup="Heap" Csub="Cairn" Cversion="{version}" condition="Cortex-M with GCC or Clang">
      <description>malloc() and its family, of the C library as well</description>
      <files>
        <file category="header" name="src/cairn.h"/>
        <file category="source" name="src/cairn.c"/>
        <file category="header" name="config/cairn_options.h" attr="config" version="{version}"/>
      </files>
    </component>
  </components>
</package>
"""


def write(folder: pathlib.Path, date: str, url: str) -> None:
    """Write everything into `folder`."""
    header = one_header()
    version = version_of(header)
    files = {
        "src/cairn.c": one_source(version),
        "src/cairn.h": header,
        "src/cairn.hpp": read(pathlib.Path("include/cairn.hpp")),
        "config/cairn_options.h": OPTIONS_FILE,
        "library.json": platformio(version),
        "library.properties": arduino(version),
        "Cairn.Cairn.pdsc": cmsis_pack(version, date, url),
        "LICENSE": read(pathlib.Path("LICENSE")),
        "CHANGELOG.md": read(pathlib.Path("CHANGELOG.md")),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


def release_date() -> str:
    """Return the date of the newest release in CHANGELOG.md."""
    found = re.search(r"^## \[\d[\d.]*\] - (\d{4}-\d\d-\d\d)$", read(pathlib.Path("CHANGELOG.md")), re.MULTILINE)
    if found is None:
        raise Refused("CHANGELOG.md: no release has a date")
    return found[1]


def main() -> int:
    """Read the command line."""
    if len(sys.argv) not in (2, 3) or sys.argv[1].startswith("-"):
        print("usage: amalgamate.py FOLDER [URL]: write Cairn as one source and one header into FOLDER/src; "
              "URL is where a CMSIS-Pack of it is published", file=sys.stderr)
        return 2
    try:
        write(pathlib.Path(sys.argv[1]), release_date(), sys.argv[2] if len(sys.argv) == 3 else "file:///")
    except (Refused, OSError) as error:
        print(f"amalgamate.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
