# SPDX-License-Identifier: MIT
"""Follows a run of a firmware, instruction by instruction, along the paths that tools/cairn bound sees.

    follow.py [--fact FACT] IMAGE MACHINE ARGUMENT FUNCTION...

QEMU runs the image and tells every instruction of the functions, and of what they call. Each call has to
be one of the computed paths, of exactly its instructions: a branch that was taken and that the tool rules
out, by what it knows of the registers or by a fact, is an error. Prints how much was followed.
"""
import os
import re
import subprocess
import sys

TOOLS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "..", "..", "tools")
sys.path.insert(0, TOOLS)
sys.dont_write_bytecode = True
from cairntools.bound.decode import Decoder  # noqa: E402
from cairntools.bound.image import Image  # noqa: E402
from cairntools.bound.facts import Facts  # noqa: E402
from cairntools.bound.functions import Functions  # noqa: E402
from cairntools.bound.graph import Graph  # noqa: E402
from cairntools.bound.step import Refused  # noqa: E402
from cairntools.bound.tool import FACTS  # noqa: E402
from cairntools.bound.walk import COPIES, Walk  # noqa: E402


def reached(image, decoder, functions, left_out, entries):
    """Start and end of every function that the paths from the entries come to, and that is not left out."""
    found, pending = set(), list(entries)
    while pending:
        _, start, end = image.function_at(pending.pop())
        if (start, end) in found or functions.name_of(start) in left_out:
            continue
        found.add((start, end))
        for instruction, _ in Graph(decoder, start, end).instructions.values():
            target = instruction.operands[0] if instruction.name in ("b", "bl") else None
            if isinstance(target, int) and image.function_at(target) and not start <= target < end:
                pending.append(target)
    return found


def run(image_path, machine, argument, ranges):
    """Yield the address of every instruction in the ranges, as it is run."""
    command = ["qemu-system-arm", "-machine", machine, "-kernel", image_path, "-singlestep", "-d", "exec,nochain",
               "-dfilter", ",".join(f"{start:#x}..{end - 1:#x}" for start, end in sorted(ranges)),
               "-chardev", "null,id=console", "-semihosting-config",
               f"enable=on,chardev=console,arg=follow,arg={argument}",
               "-display", "none", "-monitor", "none", "-serial", "none"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as qemu:
        for line in qemu.stderr:
            found = re.match(r"Trace \d+: \S+ \[\w+/(\w+)/", line)
            if found:
                yield int(found[1], 16)


class Follower:
    """Follows calls of one function along the trace."""

    def __init__(self, walk, entry, shared):
        self._walk, self._root, self._shared = walk, walk.root(entry), shared
        self._edges = {}

    def follow(self, trace, place):
        """Where the call that begins at a place of the trace ends; or None, and where it leaves all paths."""
        ahead, furthest = [(place, self._root)], place
        while ahead:
            place, node = ahead.pop()
            furthest = max(furthest, place)
            for edge in self._edges_of(node):
                after = place + edge.cost[0]
                if edge.to is None:
                    return after, None
                while after < len(trace) and trace[after] != edge.to.pc and trace[after] in self._shared:
                    after += 1  # of a call that is not followed
                if after < len(trace) and trace[after] == edge.to.pc:
                    ahead.append((after, edge.to))
        return None, trace[furthest]

    def _edges_of(self, node):
        key = node.key()
        if key not in self._edges:
            self._edges[key] = self._walk.edges(node)
        return self._edges[key]


def main():
    told = []
    if sys.argv[1] == "--fact":
        told = [sys.argv[2]]
        del sys.argv[1:3]
    image_path, machine, argument, *names = sys.argv[1:]
    image = Image(image_path)
    facts = Facts(FACTS, told, image)
    decoder = Decoder(image)
    functions = Functions(image, decoder)
    entries = {image.entry(name): name for name in names}
    ranges = reached(image, decoder, functions, (*facts.stops, *facts.apart, *COPIES), entries)
    # What functions that are not followed call as well.
    shared = {address for start, end in reached(image, decoder, functions, (*facts.stops, *COPIES),
                                                (image.entry(name) for name in facts.apart if image.find(name)))
              for address in range(start, end)}
    trace = list(run(image_path, machine, argument, ranges))
    followers = {entry: Follower(Walk(image, decoder, functions, None, facts), entry, shared) for entry in entries}
    calls, instructions, place = dict.fromkeys(names, 0), 0, 0
    while place < len(trace):
        entry = trace[place]
        if entry in followers:
            end = follow(followers[entry], trace, place, image, entries[entry])
            calls[entries[entry]] += 1
            instructions += end - place
            place = end
        elif entry in shared or image.function_at(entry)[0].startswith("__"):  # the compiler's own division
            place += 1
        else:
            sys.exit(f"follow: {image.place(entry)} was come to from outside")
    print(f"{instructions} instructions in", ", ".join(f"{count} calls of {name}" for name, count in calls.items()))
    if not all(calls.values()):
        sys.exit("follow: a function was not called")


def follow(follower, trace, place, image, name):
    """Where a call ends. Leaves if it is none of the computed paths."""
    try:
        end, lost = follower.follow(trace, place)
    except Refused as refused:
        sys.exit(f"follow: {image.place(refused.address)}: {refused.reason}")
    if end is None:
        sys.exit(f"follow: a call of {name} left all computed paths after {image.place(lost)}")
    return end


main()
