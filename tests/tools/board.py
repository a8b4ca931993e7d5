"""Runs tests/tools/recorded.c on an emulated board.

SPDX-License-Identifier: MIT
"""
import os
import re
import subprocess


def setting(board, name):
    with open(f"boards/{board}/board.mk", encoding="utf-8") as file:
        return re.search(rf"^{name} *:= *([^ #\n]*)", file.read(), re.M)[1]


def record(board, port, folder, *words):
    """Run the firmware in the folder, where it leaves its files. Returns the numbers it prints."""
    os.makedirs(folder, exist_ok=True)
    image = os.path.abspath(f"build/{board}/recorded/{port}.elf")
    arguments = ",".join(f"arg={word}" for word in ("recorded",) + words)
    done = subprocess.run(
        ["qemu-system-arm", "-machine", setting(board, "MACHINE"), "-icount", f"shift={setting(board, 'ICOUNT')}",
         "-kernel", image, "-chardev", "stdio,id=console",
         "-semihosting-config", f"enable=on,chardev=console,{arguments}",
         "-display", "none", "-monitor", "none", "-serial", "none"],
        cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    if done.returncode != 0 or "error" in done.stdout:
        raise AssertionError(f"{image}: status {done.returncode}: {done.stdout}{done.stderr}")
    return {name: int(value) for name, value in re.findall(r"^(\w+) (\d+)$", done.stdout, re.M)}
