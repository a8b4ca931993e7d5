"""cairn trace: turns the records of a firmware built with CAIRN_TRACE=1 into a trace

    tools/cairn trace FILE --elf FIRMWARE.elf -o NAME.trace
    tools/cairn trace IMAGE --ram-at 0x20000000 --elf FIRMWARE.elf -o NAME.trace

FILE holds the words as port/cortex-m/trace_semihosting.c writes them; IMAGE is RAM, with the ring of
port/cortex-m/trace_ring.c in it. What the words are: allocator/trace.c. The trace runs wherever those of
tests/traces do. Lines that begin with '#' are no operations:

    # at FUNCTION FILE:LINE     who called, from here on, until the next such line
    # refused: m 4096           a call that gave NULL: it changed nothing, and is not replayed

SPDX-License-Identifier: MIT
"""
import argparse
import bisect
import os
import re
import struct
import subprocess
import sys

MALLOC, CALLOC, ALIGNED, REALLOC, FREE = range(5)
LETTERS = "mcarf"
LENGTHS = (4, 4, 4, 5, 3)  # words of a record, by kind
NUMBER_BITS = 24


def fail(message):
    sys.exit(f"cairn trace: {message}")


# ---- The firmware ----------------------------------------------------------------------------------


class Firmware:
    """What the ELF file knows: symbols, and what stands at an address."""

    ARM = 40  # e_machine

    def __init__(self, path, cross):
        self.path, self.cross = path, cross
        with open(path, "rb") as elf:
            head = elf.read(20)
        if head[:4] != b"\x7fELF":
            fail(f"{path} is not an ELF file")
        self.word = 4 if head[4] == 1 else 8
        self.order = "<" if head[5] == 1 else ">"
        self.arm = struct.unpack(self.order + "H", head[18:20])[0] == self.ARM
        lines = self.run("nm", path).splitlines()
        self.symbols = {f[2]: int(f[0], 16) for f in (line.split() for line in lines) if len(f) == 3}

    def run(self, tool, *words, given=""):
        command = [self.cross + tool, *words]
        try:
            return subprocess.run(command, input=given, capture_output=True, text=True, check=True).stdout
        except FileNotFoundError:
            fail(f"there is no {command[0]}: name your toolchain's prefix by --cross")
        except subprocess.CalledProcessError as error:
            fail(f"{command[0]}: {error.stderr.strip()}")

    def heap(self):
        """First address and bytes of the heap's region, found as port/cortex-m/region.c does; or None."""
        at = self.symbols.get
        start = next((at(s) for s in ("__heap_start", "__HeapBase", "__end__", "_end", "end") if at(s)), None)
        if start is None:
            return None
        for symbol in ("__heap_limit", "__heap_end"):
            if at(symbol, 0) >= start:
                return start, at(symbol) - start
        limits = [at("__HeapLimit", 0), at("__StackLimit", 0), at("_estack", 0) - at("_Min_Stack_Size", 0)]
        limits = [limit for limit in limits if limit >= start]
        return (start, min(limits) - start) if limits else None

    def places(self, callers):
        """By return address: "function file:line", as far as the file tells."""
        callers = sorted(callers)
        calls = [(caller & ~1 if self.arm else caller) - 1 for caller in callers]
        answer = self.run("addr2line", "-f", "-C", "-e", self.path, given="".join(f"{a:#x}\n" for a in calls))
        lines = answer.splitlines()
        return {c: place(c, *lines[2 * i:2 * i + 2]) for i, c in enumerate(callers)}


def place(caller, function, line):
    line = re.sub(r" \(discriminator \d+\)$", "", os.path.basename(line))
    words = [word for word in (function, line) if not word.startswith("??")]
    return " ".join(words) or f"{caller:#010x}"


# ---- Records ---------------------------------------------------------------------------------------


class Record:
    def __init__(self, number, words):
        first, self.caller, self.pointer = words[:3]
        self.number = number
        self.kind = first & 7
        self.alignment = 1 << (first >> 3 & 31)
        self.size = words[3] if self.kind != FREE else 0
        self.moved = words[4] if self.kind == REALLOC else self.pointer
        self.inside = 0  # of a realloc that moved its block: records of calls that interrupted it

    @property
    def refused(self):
        return self.kind != FREE and self.moved == 0

    def text(self, slot):
        words = [LETTERS[self.kind]] + [slot] * (slot is not None)
        words += [self.alignment] * (self.kind == ALIGNED) + [self.size] * (self.kind != FREE)
        return " ".join(map(str, words))


def file_words(path, firmware):
    with open(path, "rb") as file:
        data = file.read()
    if len(data) % firmware.word:
        report(f"{len(data) % firmware.word} bytes at the end of {path} are no word")
    count = len(data) // firmware.word
    return struct.unpack_from(f"{firmware.order}{count}{'I' if firmware.word == 4 else 'Q'}", data)


def ring_words(path, base, firmware):
    """The words of cairn_trace_ring in an image of the RAM from address `base` on, oldest first."""
    if "cairn_trace_ring" not in firmware.symbols:
        fail(f"{firmware.path} has no cairn_trace_ring: port/cortex-m/trace_ring.c is not linked")
    at = firmware.symbols["cairn_trace_ring"] - base
    with open(path, "rb") as file:
        data = file.read()
    head = struct.Struct(firmware.order + "3I" + "4x" * (firmware.word == 8))
    if at < 0 or at + head.size > len(data):
        fail(f"the ring, at {at + base:#x}, is not in the image: {base:#x} to {base + len(data):#x}")
    size, first, count = head.unpack_from(data, at)
    if first >= size or count > size or at + head.size + size * firmware.word > len(data):
        fail(f"at {at + base:#x} there is no ring: size {size}, first {first}, count {count}")
    words = struct.unpack_from(f"{firmware.order}{size}{'I' if firmware.word == 4 else 'Q'}", data, at + head.size)
    return [words[(first + i) % size] for i in range(count)]


def records(words):
    """The records, as they came."""
    found, i, last = [], 0, 0
    while i < len(words):
        kind = words[i] & 7
        if kind >= len(LENGTHS):
            fail(f"word {i} is not the first one of a record: {words[i]:#x}")
        if i + LENGTHS[kind] > len(words):
            report("the last record is cut off")
            break
        # Of the numbers with these bits, the one nearest to the record before.
        half = 1 << (NUMBER_BITS - 1)
        number = last + ((words[i] >> 8 & (2 * half - 1)) - last + half) % (2 * half) - half
        found.append(Record(number, words[i:i + LENGTHS[kind]]))
        i, last = i + LENGTHS[kind], number
    return found


def in_order(came):
    """Sorted by number: in the order in which the heap changed. A record that came after ones with higher
    numbers is of a call that these interrupted. A realloc that moves its block takes its number with the new
    place, and frees the old one later, so that these may not have found it free."""
    highest = -1
    for record in came:
        if record.kind == REALLOC and record.moved not in (0, record.pointer):
            record.inside = max(0, highest - record.number)
        highest = max(highest, record.number)
    ordered = sorted(came, key=lambda record: record.number)
    for before, after in zip(ordered, ordered[1:]):
        if before.number == after.number:
            fail(f"there are two records of number {after.number}: more than one run of the firmware")
    return ordered


# ---- Slots -----------------------------------------------------------------------------------------


class Slots:
    """Live blocks by address, each in the slot that the trace calls it by."""

    def __init__(self):
        self.starts, self.ends, self.slots, self.sizes = [], {}, {}, {}
        self.unused, self.count = [], 0

    def __contains__(self, pointer):
        return pointer in self.slots

    def overlapping(self, pointer, size):
        """Starts of live blocks that have a byte of these."""
        i = bisect.bisect_right(self.starts, pointer) - 1
        if i < 0 or self.ends[self.starts[i]] <= pointer:
            i += 1
        found = []
        while i < len(self.starts) and self.starts[i] < pointer + max(size, 1):
            found.append(self.starts[i])
            i += 1
        return found

    def add(self, pointer, size, slot=None):
        if slot is None:
            slot = self.unused.pop() if self.unused else self.count
            self.count = max(self.count, slot + 1)
        bisect.insort(self.starts, pointer)
        self.ends[pointer], self.slots[pointer], self.sizes[pointer] = pointer + max(size, 1), slot, size
        return slot

    def remove(self, pointer):
        self.starts.pop(bisect.bisect_left(self.starts, pointer))
        del self.ends[pointer], self.sizes[pointer]
        return self.slots.pop(pointer)

    def free(self, pointer):
        slot = self.remove(pointer)
        self.unused.append(slot)
        return slot


# ---- The trace -------------------------------------------------------------------------------------


class Writer:
    """Operations as lines of a trace, and what is to be said of them."""

    def __init__(self, places):
        self.slots, self.places, self.at = Slots(), places, None
        self.lines, self.ops, self.live, self.peak, self.largest = [], 0, 0, 0, 0
        self.refused = []
        self.unborn = self.undead = 0  # blocks whose beginning, or end, is not recorded

    def line(self, record, text):
        where = self.places.get(record.caller)
        if where != self.at and where is not None:
            self.lines.append(f"# at {where}")
            self.at = where
        self.lines.append(text)

    def op(self, record, text):
        self.line(record, text)
        self.ops += 1
        self.peak = max(self.peak, self.live)

    def end(self, record, pointer):
        self.live -= self.slots.sizes[pointer]
        self.op(record, f"f {self.slots.free(pointer)}")

    def begin(self, record, slot=None):
        """The record's block is live from here on. What lies there has ended, unrecorded."""
        for pointer in self.slots.overlapping(record.moved, record.size):
            self.undead += 1
            self.end(record, pointer)
        self.live += record.size
        self.largest = max(self.largest, record.size)
        return self.slots.add(record.moved, record.size, slot)

    def add(self, record):
        """Write the record."""
        if record.refused:
            known = record.kind == REALLOC and record.pointer in self.slots
            self.line(record, "# refused: " + record.text(self.slots.slots[record.pointer] if known else None))
            self.refused.append(record)
        elif record.kind == FREE and record.pointer in self.slots:
            self.end(record, record.pointer)
        elif record.kind == FREE:
            self.unborn += 1
        elif record.kind != REALLOC:
            self.op(record, record.text(self.begin(record)))
        elif record.pointer not in self.slots:
            self.unborn += 1
            record.kind = MALLOC
            self.op(record, record.text(self.begin(record)))
        else:
            self.live -= self.slots.sizes[record.pointer]
            self.op(record, record.text(self.begin(record, self.slots.remove(record.pointer))))


def write(file, writer, name, source, heap):
    print(f"# name: {name}", file=file)
    print(f"# source: {source}", file=file)
    if heap is not None:
        print(f"# heap_start: {heap[0]:#x}  heap_size: {heap[1]}", file=file)
    print(f"# ops: {writer.ops}  slots: {writer.slots.count}  peak_live_bytes: {writer.peak}  "
          f"max_size: {writer.largest}", file=file)
    for line in writer.lines:
        print(line, file=file)


# ---- What is said of it ----------------------------------------------------------------------------


def report(text):
    print(f"cairn trace: {text}", file=sys.stderr)


def plural(count, thing):
    return f"{count} {thing}{'' if count == 1 else 's'}"


def report_lost(ordered):
    first, last = ordered[0].number, ordered[-1].number
    between = last - first + 1 - len(ordered)
    report(f"{plural(len(ordered), 'record')}, numbers {first} to {last}: {first} lost before, {between} between")
    return first + between


def report_refused(writer):
    if writer.refused:
        report(f"{plural(len(writer.refused), 'request')} refused; replayed without")
    told = {}
    for record in writer.refused:
        key = f"{writer.places.get(record.caller, hex(record.caller))}: {record.text(None)}"
        told[key] = told.get(key, 0) + 1
    for key, count in sorted(told.items(), key=lambda item: -item[1])[:10]:
        report(f"  {count} x {key}")
    if len(told) > 10:
        report(f"  and {len(told) - 10} others: lines '# refused:' of the trace")


def report_doubts(ordered, writer, heap, lost):
    if lost or writer.unborn or writer.undead:
        report(f"{plural(writer.unborn, 'block')} whose beginning, and {writer.undead} whose end was not recorded")
        report("a replay does not have the firmware's map, nor its peak")
    inside = sum(record.inside > 0 for record in ordered)
    if inside:
        report(f"{plural(inside, 'realloc')} moved a block with calls of interrupts inside: a replay may place these "
               "elsewhere")
    if heap is not None:
        outside = sum(not heap[0] <= record.moved < heap[0] + heap[1] for record in ordered if record.moved != 0)
        if outside:
            report(f"{plural(outside, 'record')} of blocks outside the system heap; a replay has all blocks in one")


def main():
    parser = argparse.ArgumentParser(prog="cairn trace", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__)
    parser.add_argument("file", help="the words of the records; with --ram-at, an image of the RAM")
    parser.add_argument("--elf", required=True, help="the firmware that recorded them")
    parser.add_argument("--ram-at", metavar="ADDRESS", type=lambda text: int(text, 0),
                        help="FILE is the RAM from this address on: take the ring in it")
    parser.add_argument("--cross", default=os.environ.get("CROSS", "arm-none-eabi-"), metavar="PREFIX",
                        help="of nm and addr2line (arm-none-eabi-)")
    parser.add_argument("--name", help="in the trace's first line (the output's)")
    parser.add_argument("-o", "--output", metavar="TRACE", help="(standard output)")
    args = parser.parse_args()
    firmware = Firmware(args.elf, args.cross)
    words = file_words(args.file, firmware) if args.ram_at is None else ring_words(args.file, args.ram_at, firmware)
    ordered = in_order(records(words))
    if not ordered:
        fail(f"{args.file} holds no record")
    writer = Writer(firmware.places({record.caller for record in ordered}))
    for record in ordered:
        writer.add(record)
    heap = firmware.heap()
    name = args.name or os.path.basename(args.output or args.file).split(".")[0]
    with open(args.output, "w", encoding="utf-8") if args.output else sys.stdout as file:
        write(file, writer, name, f"recorded by {os.path.basename(args.elf)}, CAIRN_TRACE=1", heap)
    lost = report_lost(ordered)
    report_refused(writer)
    report_doubts(ordered, writer, heap, lost)


if __name__ == "__main__":
    main()
