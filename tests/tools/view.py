"""cairn view: what the page and the pictures show is what another replay finds.

SPDX-License-Identifier: MIT
"""
import json
import os
import re
import shutil
import xml.etree.ElementTree

import board
from tap import cairn, directory, equal, for_each, run, run_tests, test

WORK = directory("view")
LUA = "tests/traces/lua-rules.trace"
SVG = "{http://www.w3.org/2000/svg}"


def data_of(page):
    """The data in a page."""
    with open(page, encoding="utf-8") as file:
        return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', file.read(), re.S)[1])


def view(trace, *words):
    """The page of a trace: its path and its data."""
    path = os.path.join(WORK, os.path.basename(trace) + ".html")
    cairn("view", trace, "-o", path, *words)
    return path, data_of(path)


def shown(data, at):
    """Live blocks after `at` operations, and the top, as the page's data have them."""
    live = {}
    for i in range(at):
        if data["served"][i] != "0":
            continue
        if data["kinds"][i] == "f":
            del live[data["slots"][i]]
        else:
            live[data["slots"][i]] = (data["places"][i], max(1, -(-data["sizes"][i] // data["granule"])))
    return sorted(live.values()), data["tops"][at - 1]


def walked(trace, start, size, *at):
    lines, _ = run("build/host/walked", trace, str(start), str(size), *map(str, at))
    *blocks, top = [tuple(map(int, line.split())) for line in lines.splitlines()]
    return blocks, top[0]


def recorded():
    """A trace of the board: with callers, aligned blocks, and requests that were refused."""
    folder = os.path.join(WORK, "recorded")
    board.record("mps2-an385", "semihosting", folder)
    path = os.path.join(folder, "node.trace")
    image = "build/mps2-an385/recorded/semihosting.elf"
    cairn("trace", os.path.join(folder, "cairn.trace.bin"), "--elf", image, "-o", path)
    return path


PAGE, DATA = view(LUA)
NODE = recorded()
NODE_PAGE, NODE_DATA = view(NODE)
NODE_OPERATIONS = len(NODE_DATA["kinds"])
FIT = int(run("build/host/fit", LUA)[0].split("\t")[2]) - 16


# ---- The data ----------------------------------------------------------------------------------------


@for_each([2, 1000, 10007, 26589, 34000])
def blocks_are_where_another_replay_has_them_after_operation(at):
    blocks, top = shown(DATA, at)
    equal((blocks, top), walked(LUA, 0, FIT, at))
    assert at < 100 or len(blocks) > 100


@for_each([3, 500, NODE_OPERATIONS])
def blocks_of_a_recorded_heap_are_where_they_were_after_operation(at):
    heap = re.search(r"heap_start: (\w+)  heap_size: (\d+)", open(NODE, encoding="utf-8").read())
    equal(NODE_DATA["start"], (int(heap[1], 0) + 7) // 8 * 8)
    equal(shown(NODE_DATA, at), walked(NODE, heap[1], heap[2], at))


@test
def refused_requests_are_told_in_a_heap_that_is_too_small():
    size = FIT * 9 // 10
    _, data = view(LUA, "--heap", size)
    refused = run("build/host/heap_run", "sizes", LUA, "0", str(size))[0].splitlines()[1].split("\t")
    equal((data["served"].count("1"), data["served"].index("1") + 1), (int(refused[1]), int(refused[2])))
    assert data["served"].count("2") > 0
    blocks, top = shown(data, len(data["kinds"]))
    equal((blocks, top), walked(LUA, 0, size))


@test
def the_operations_are_those_of_the_trace():
    with open(NODE, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file]
    site, sites, ops, refused = "", [], [], []
    for line in lines:
        site = line[5:] if line.startswith("# at ") else site
        if line.startswith("# refused: "):
            refused.append([len(ops), line[11:], site])
        if not line.startswith("#"):
            ops.append(line)
            sites.append(site)
    data = NODE_DATA
    made = []
    for i, kind in enumerate(data["kinds"]):
        alignment = [data["alignments"][str(i)]] if kind == "a" else []
        words = [kind, data["slots"][i], *alignment] + [data["sizes"][i]] * (kind != "f")
        made.append(" ".join(map(str, words)))
    equal(made, ops)
    equal([data["sites"][n] for n in data["opSites"]], sites)
    equal([[n, text, data["sites"][s]] for n, text, s in data["refused"]], refused)
    assert len(refused) == 6 and len(set(sites)) > 6


@test
def each_call_site_has_its_stack_from_the_root_on():
    data = NODE_DATA
    assert any(len(stack) > 1 for stack in data["stacks"]) and len(data["frames"]) == len(set(data["frames"]))
    for site, stack in zip(data["sites"], data["stacks"]):
        equal(" < ".join(data["frames"][n] for n in stack[::-1]), site or "unknown")
    equal((data["times"], data["tasks"], data["opTasks"]), ([], [""], []))


@test
def times_and_tasks_are_those_of_the_trace():
    path = os.path.join(WORK, "tasks.trace")
    with open(path, "w", encoding="utf-8") as file:
        file.write("m 0 8\n# time 40\n# task net\nm 1 8\n# time 39\nm 2 8\n# task idle\n# time 70\nf 0\n# task net\n"
                   "m 0 1\n")
    _, data = view(path)
    equal(data["times"], [40, 40, 40, 70, 70])
    equal([data["tasks"][n] for n in data["opTasks"]], ["", "net", "net", "idle", "net"])


@test
def the_largest_free_block_is_the_longest_gap():
    for at in (1000, 10007, 26589):
        blocks, top = shown(DATA, at)
        ends = [DATA["control"]] + [place + granules for place, granules in blocks]
        gaps = [place - end for (place, _), end in zip(blocks, ends)]
        equal(DATA["largest"][at - 1], max(gaps + [DATA["granules"] - top]), str(at))


@test
def the_fullest_moment_has_the_most_in_blocks():
    used, most, best, live = 0, 0, 0, {}
    for i, kind in enumerate(DATA["kinds"]):
        used -= live.pop(DATA["slots"][i], 0)
        if kind != "f":
            live[DATA["slots"][i]] = -(-max(1, DATA["sizes"][i]) // 8)
            used += live[DATA["slots"][i]]
        if used > most:
            most, best = used, i + 1
    equal(DATA["fullest"], best)


# ---- The page ----------------------------------------------------------------------------------------


@test
def the_page_needs_nothing_else():
    with open(PAGE, encoding="utf-8") as file:
        text = file.read()
    head, rest = text.split('<script type="application/json"')
    code = rest.split("</script>", 1)[1]
    for outside in ("http:", "https:", "src=", "url(", "@import", "import(", "fetch("):
        assert outside not in head + code, outside
    equal(re.findall(r'href="([^"]*)"', head + code), ["data:,"])
    assert "@" not in re.sub(r"@media", "", head), "a part is missing"


@test
def the_page_is_smaller_than_a_mebibyte():
    assert 100000 < os.path.getsize(PAGE) < 1 << 20, os.path.getsize(PAGE)


@test
def a_name_does_not_end_the_script():
    path = os.path.join(WORK, "evil.trace")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# name: </script><b>&\n# at f</script> x.c:1\nm 0 8\n")
    page, data = view(path)
    equal((data["name"], data["sites"][1]), ("</script><b>&", "f</script> x.c:1"))
    with open(page, encoding="utf-8") as file:
        text = file.read()
    equal(text.count("</script>"), 2)
    assert "<title>&lt;/script>&lt;b>&amp;</title>" in text


# ---- Pictures ----------------------------------------------------------------------------------------


@for_each(["fullest", "end", "0", "700"])
def a_picture_shows_the_moment(at):
    path = os.path.join(WORK, f"{at}.svg")
    cairn("view", NODE, "--svg", at, "-o", path)
    count = {"fullest": NODE_DATA["fullest"], "end": NODE_OPERATIONS}.get(at) or int(at)
    blocks, _ = shown(NODE_DATA, count) if count else ([], 0)
    texts = [e.text for e in xml.etree.ElementTree.parse(path).iter(f"{SVG}text")]
    assert f"After {count:,} of {NODE_OPERATIONS:,} operations; a heap of 8,400 bytes" in texts, texts
    used = sum(granules for _, granules in blocks) * 8
    equal(texts[texts.index("used, bytes") + 1], f"{used:,}")
    equal(texts[texts.index("in blocks") + 1], str(len(blocks)))


@test
def a_long_name_keeps_its_line_in_a_picture():
    path, picture = os.path.join(WORK, "long.trace"), os.path.join(WORK, "long.svg")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# at std::__new_allocator<std::pair<int const, std::vector<Reading, std::allocator<Reading> > > >"
                   "::allocate(unsigned int, void const*) new_allocator.h:137\nm 0 8\n"
                   "# at main x.cpp:1\nm 1 400\n")
    cairn("view", path, "--svg", "end", "-o", picture)
    texts = [element.text for element in xml.etree.ElementTree.parse(picture).iter(f"{SVG}text")]
    names = [text for text in texts if text.endswith(": 8 bytes") or text.endswith(": 400 bytes")]
    assert "main x.cpp:1: 400 bytes" in names, texts
    long = next(text for text in texts if text.startswith("std::__new_al"))
    assert len(long) < 60 and long.endswith("new_allocator.h:137: 8 bytes"), long


def in_a_large_heap():
    """A program that uses a small part of its region, and fragments it: blocks of 8 bytes with holes of 64 between."""
    path = os.path.join(WORK, "large.trace")
    lines = [f"m {slot} {64 if slot % 2 else 8}" for slot in range(400)]
    lines += [f"f {slot}" for slot in range(1, 398, 2)]
    with open(path, "w", encoding="ascii") as file:
        file.write("# heap_start: 0x20000000  heap_size: 524288\n" + "\n".join(lines) + "\n")
    return path


@test
def a_region_that_is_hardly_used_is_shown_up_to_its_highest_top():
    path, picture = in_a_large_heap(), os.path.join(WORK, "large.svg")
    _, data = view(path)
    highest = max(data["tops"])
    assert data["granules"] > 4 * highest and highest < data["shown"] <= 1.3 * highest, (data["shown"], highest)
    assert DATA["shown"] == DATA["granules"] and NODE_DATA["shown"] == NODE_DATA["granules"]
    cairn("view", path, "--svg", "end", "-o", picture)
    rects = list(xml.etree.ElementTree.parse(picture).iter(f"{SVG}rect"))
    hatched = sum(float(e.get("width")) for e in rects if e.get("fill") == "url(#above)" and e.get("height") != "12")
    whole = sum(float(e.get("width")) for e in rects
                if float(e.get("x") or 0) >= 72 and e.get("height") not in ("12", None) and e.get("width") != "100%")
    assert hatched < whole / 3, (hatched, whole)
    texts = [element.text for element in xml.etree.ElementTree.parse(picture).iter(f"{SVG}text")]
    assert any("not shown" in text for text in texts), texts


@test
def the_share_of_the_largest_free_block_is_of_what_the_program_used():
    """Not of memory above, which no program of this size fragments."""
    path, picture = in_a_large_heap(), os.path.join(WORK, "share.svg")
    _, data = view(path)
    blocks, top = shown(data, len(data["kinds"]))
    ends = [data["control"]] + [place + granules for place, granules in blocks]
    gaps = [place - end for (place, _), end in zip(blocks, ends)]
    equal(data["holes"][-1], max(gaps))
    highest = max(data["tops"])
    free = highest - data["control"] - sum(granules for _, granules in blocks)
    share = 100 * max(max(gaps), highest - top) / free
    cairn("view", path, "--svg", "end", "-o", picture)
    texts = [element.text for element in xml.etree.ElementTree.parse(picture).iter(f"{SVG}text")]
    equal(texts[texts.index("largest / free in use") + 1], f"{share:.0f} %")
    assert share < 10, share


@test
def the_bars_of_a_picture_cover_each_block_and_no_more():
    path = os.path.join(WORK, "age.svg")
    cairn("view", NODE, "--svg", "700", "--colours", "age", "-o", path)
    blocks, _ = shown(NODE_DATA, 700)
    steps = set(NODE_DATA["palette"]["steps"])
    rects = xml.etree.ElementTree.parse(path).iter(f"{SVG}rect")
    bars = [float(e.get("width")) for e in rects if e.get("fill") in steps and e.get("height") != "12"]
    cell = 944 / 64  # pixels of a granule; each block begins 0.75 after its first
    width = sum(bars)
    wanted = sum(granules for _, granules in blocks) * cell - 0.75 * len(blocks)
    assert abs(width - wanted) < 1, (width, wanted)


@test
def a_moment_that_is_none_is_refused():
    for at in (NODE_OPERATIONS + 1, -1, "soon"):
        _, said = cairn("view", NODE, f"--svg={at}", "-o", os.path.join(WORK, "no.svg"), good=False)
        assert f"is not an operation: 0 to {NODE_OPERATIONS}, fullest or end" in said, said


@test
def a_png_is_made_or_its_package_named():
    path = os.path.join(WORK, "heap.png")
    if shutil.which("rsvg-convert"):
        cairn("view", NODE, "--png", "fullest", "-o", path)
        with open(path, "rb") as file:
            equal(file.read(8), b"\x89PNG\r\n\x1a\n")
    else:
        _, said = cairn("view", NODE, "--png", "fullest", "-o", path, good=False)
        assert "librsvg2-bin" in said, said


run_tests()
