"""Zephyr's Kconfig with zephyr/Kconfig in it, as far as Cairn's options go: prints autoconf.h.

kconfig.py KCONFIG NAME=VALUE...: the options of prj.conf. A value that does not take effect is an error, as in Zephyr.

SPDX-License-Identifier: MIT
"""

import os
import sys
import tempfile

import kconfiglib

# What Zephyr has besides, behind its modules.
BESIDES = """
config CPU_CORTEX_M
    bool "Cortex-M"
    default y
config USERSPACE
    bool "User mode"
config MINIMAL_LIBC_MALLOC
    bool "Of the minimal C library"
    default y
config MINIMAL_LIBC_CALLOC
    bool "Of the minimal C library"
    default y
config MINIMAL_LIBC_REALLOCARRAY
    bool "Of the minimal C library"
    default y
config COMMON_LIBC_MALLOC
    bool "Of Zephyr 3.4 and newer"
config PICOLIBC
    bool "A C library"
    imply COMMON_LIBC_MALLOC
"""


def main(path: str, *wanted: str) -> int:
    """Print the header; or, on standard error, what does not take effect."""
    with tempfile.TemporaryDirectory() as folder:
        top = os.path.join(folder, "Kconfig")
        with open(top, "w", encoding="utf-8") as file:
            file.write(f'source "{os.path.abspath(path)}"\n{BESIDES}')
        kconfig = kconfiglib.Kconfig(top, warn_to_stderr=False)
        for setting in wanted:
            name, value = setting.split("=")
            symbol = kconfig.syms[name]
            symbol.set_value(value)
        refused = [f"{setting}: it is {kconfig.syms[setting.split('=')[0]].str_value}" for setting in wanted
                   if kconfig.syms[setting.split("=")[0]].str_value != setting.split("=")[1]]
        print("\n".join(kconfig.warnings + refused), file=sys.stderr)
        header = os.path.join(folder, "autoconf.h")
        kconfig.write_autoconf(header)
        with open(header, encoding="utf-8") as file:
            print(file.read(), end="")
    return 1 if kconfig.warnings or refused else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
