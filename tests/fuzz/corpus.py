"""corpus.py: the inputs of a fuzzer, as files for libFuzzer and as lines of one file for git.

    corpus.py unpack CORPUS FOLDER    each input of CORPUS becomes a file in FOLDER
    corpus.py pack FOLDER CORPUS      each file in FOLDER becomes a line of CORPUS

A corpus is text: an input is a line of hexadecimal digits. The lines above its first empty line are inputs
that broke something, with comments; packing leaves them as they are.

SPDX-License-Identifier: MIT"""

import hashlib
import pathlib
import sys


def kept_and_chosen(corpus):
    """The lines above the first empty one, and those below it."""
    kept, _, chosen = corpus.read_text().partition("\n\n")
    return kept.splitlines(), chosen.splitlines()


def unpack(corpus, folder):
    folder.mkdir(parents=True, exist_ok=True)
    kept, chosen = kept_and_chosen(corpus)
    for line in kept + chosen:
        if not line.startswith("#"):
            data = bytes.fromhex(line)
            (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


def pack(folder, corpus):
    kept, _ = kept_and_chosen(corpus)
    chosen = {file.read_bytes().hex() for file in folder.iterdir()} - set(kept)
    lines = sorted(chosen, key=lambda line: (len(line), line))
    corpus.write_text("\n".join([*kept, "", *lines]) + "\n")


def main():
    actions = {"unpack": unpack, "pack": pack}
    if len(sys.argv) != 4 or sys.argv[1] not in actions:
        sys.exit(__doc__)
    actions[sys.argv[1]](pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]))


main()
