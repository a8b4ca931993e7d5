"""The page of cairn view in a browser: it loads, moves through time, and shows what the data say. What it
took is printed; pictures of it are left in build/scripts/browser. Run by make test-view.

SPDX-License-Identifier: MIT
"""
import json
import os
import random
import re

import board
from chromium import Page
from tap import cairn, directory, equal, for_each, run_tests, test

WORK = directory("browser")
LUA, LARGEST = "tests/traces/lua-rules.trace", "tests/traces/mbedtls-client.trace"
LABELS, RIGHT = 64, 12  # pixels left and right of the pictures: tools/cairntools/page/page.js


def page_of(trace, *words):
    path = os.path.join(WORK, os.path.basename(trace) + ".html")
    cairn("view", trace, "-o", path, *words)
    with open(path, encoding="utf-8") as file:
        data = re.search(r'id="data">(.*?)</script>', file.read(), re.S)[1]
    return path, json.loads(data)


def recorded():
    folder = os.path.join(WORK, "recorded")
    board.record("microbit", "semihosting", folder)
    path = os.path.join(folder, "node.trace")
    image = "build/microbit/recorded/semihosting.elf"
    cairn("trace", os.path.join(folder, "cairn.trace.bin"), "--elf", image, "-o", path)
    return path


def blocks(data, at):
    """Live blocks after `at` operations: place, granules, operation."""
    live = {}
    for i in range(at):
        if data["served"][i] != "0":
            continue
        if data["kinds"][i] == "f":
            del live[data["slots"][i]]
        else:
            live[data["slots"][i]] = [data["places"][i], max(1, -(-data["sizes"][i] // data["granule"])), i + 1]
    return sorted(live.values())


LONG = ("std::__new_allocator<std::_Rb_tree_node<std::pair<std::__cxx11::basic_string<char, std::char_traits<char>, "
        "std::allocator<char> > const, std::vector<sensor::Reading, std::allocator<sensor::Reading> > > > >::allocate(")


def long_names():
    """A trace of a C++ program, as its compiler names its functions."""
    path = os.path.join(WORK, "long.trace")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# heap_start: 0x20000000  heap_size: 8192\n")
        for slot in range(60):
            file.write(f"# at {LONG}unsigned int, void const*) new_allocator.h:{100 + slot % 9}\nm {slot} {8 + slot}\n")
    return path


PATH, DATA = page_of(LUA)
NODE_PATH, NODE = page_of(recorded())
page = Page(1400, 1000)


def at():
    return page.evaluate("view.state().at")


def go(operation):
    page.evaluate(f"view.go({operation})")
    page.frame()


def centre(data, place, granules):
    """The middle of the first row of a block, in the page."""
    left, top, width, height = page.box("#map")
    columns = page.evaluate("grid.columns")
    column, row = place % columns, place // columns
    part = min(granules, columns - column)
    cell, high = (width - LABELS) / columns, page.evaluate("grid.height")
    return left + LABELS + (column + part / 2) * cell, top + (row + 0.45) * high


def colour(x, y):
    """Of a pixel of the map, "#rrggbb"."""
    left, top, _, _ = page.box("#map")
    context = "document.getElementById('map').getContext('2d')"
    rgb = page.evaluate(f"[...{context}.getImageData({x - left}, {y - top}, 1, 1).data]")
    return "#" + "".join(f"{value:02x}" for value in rgb[:3])


# ---- Loading -----------------------------------------------------------------------------------------


@for_each([LUA, LARGEST])
def it_opens_in_less_than_three_seconds(trace):
    path, data = (PATH, DATA) if trace == LUA else page_of(trace)
    times = [page.open(path) for _ in range(3)]
    inside = page.evaluate("view.ready")
    print(f"# {trace}: {len(data['kinds'])} operations, {os.path.getsize(path)} bytes: opened in "
          f"{', '.join(f'{1000 * t:.0f}' for t in times)} ms, of them {inside:.0f} ms in the page's own code")
    assert max(times) < 3, times
    equal(page.errors(), [])
    equal(page.requests(), ["file://" + os.path.abspath(path)])


# ---- Moving ------------------------------------------------------------------------------------------


@test
def every_moment_is_what_the_data_say_forward_and_back():
    page.open(PATH)
    rng = random.Random(1)
    count = len(DATA["kinds"])
    for moment in [0, count, 1, count - 1] + [rng.randrange(count) for _ in range(40)]:
        state = page.evaluate(f"(view.go({moment}), view.state())")
        wanted = blocks(DATA, moment)
        equal((state["at"], state["blocks"]), (moment, wanted), str(moment))
        equal(state["used"], sum(granules for _, granules, _ in wanted))


@test
def scrubbing_is_smooth():
    page.open(PATH)
    page.screenshot(os.path.join(WORK, "lua-rules.png"))
    alone = page.evaluate("""(() => {
        const times = [];
        for (let i = 0; i < 200; i++) {
            const start = performance.now();
            view.go((i * 7919 * 131) % 34285);
            view.drawNow();
            document.getElementById("map").getContext("2d").getImageData(0, 0, 1, 1);
            times.push(performance.now() - start);
        }
        return times;
    })()""")
    frames = page.evaluate("""new Promise((done) => {
        const times = [];
        let last = performance.now();
        const next = (now) => {
            times.push(performance.now() - last);
            last = performance.now();
            view.go((times.length * 7919 * 131) % 34285);
            times.length < 120 ? requestAnimationFrame(next) : done(times);
        };
        requestAnimationFrame(next);
    })""")
    for name, times in (("a jump to any moment and its picture", alone), ("a frame while scrubbing", frames)):
        times.sort()
        print(f"# {name}: mean {sum(times) / len(times):.1f} ms, 95 % below {times[len(times) * 95 // 100]:.1f}, "
              f"longest {times[-1]:.1f}")
    assert sum(alone) / len(alone) < 33 and sum(frames) / len(frames) < 50


@test
def the_slider_moves_time():
    page.open(PATH)
    left, top, width, height = page.box("#slider")
    y = top + height / 2
    seen = []
    page.mouse("mouseMoved", left + width * 0.2, y)
    page.mouse("mousePressed", left + width * 0.2, y, 1)
    for share in (0.2, 0.3, 0.5, 0.9, 0.1):
        page.mouse("mouseMoved", left + width * share, y, 1)
        page.frame()
        seen.append(at() / len(DATA["kinds"]))
    page.mouse("mouseReleased", left + width * 0.1, y)
    assert all(abs(a - b) < 0.02 for a, b in zip(seen, (0.2, 0.3, 0.5, 0.9, 0.1))), seen
    assert f"Operation {at():,} of 34,284" in page.text("#call")


@test
def the_curves_move_time():
    left, top, width, height = page.box("#bytes")
    page.mouse("mouseMoved", left + LABELS + 10, top + 60)
    page.mouse("mousePressed", left + LABELS + 10, top + 60, 1)
    x = left + LABELS + (width - LABELS - RIGHT) * 0.75
    page.mouse("mouseMoved", x, top + 60, 1)
    page.mouse("mouseReleased", x, top + 60)
    page.frame()
    assert abs(at() / len(DATA["kinds"]) - 0.75) < 0.01, at()
    equal(int(page.evaluate("document.getElementById('slider').value")), at())


@test
def keys_and_buttons_move_time():
    go(1000)
    page.evaluate("document.activeElement.blur()")
    for key, wanted in [("ArrowRight", 1001), ("Shift ArrowLeft", 901), ("End", 34284), ("Home", 0)]:
        page.key(key.split()[-1], key.startswith("Shift"))
        equal(at(), wanted, key)
    for button, wanted in [("forward", 1), ("forward", 2), ("back", 1), ("fullest", DATA["fullest"]), ("last", 34284),
                           ("first", 0)]:
        page.evaluate(f"document.getElementById('{button}').click()")
        equal(at(), wanted, button)


@test
def it_plays():
    go(5000)
    page.evaluate("document.getElementById('play').click()")
    page.evaluate("new Promise((done) => setTimeout(done, 700))")
    page.evaluate("document.getElementById('play').click()")
    moved = at()
    assert moved > 5100, moved
    page.frame()
    page.frame()
    equal(at(), moved)


# ---- Showing -----------------------------------------------------------------------------------------


@for_each([1400, 1920])
def long_names_leave_the_map_its_width_and_keep_their_lines(width):
    page.call("Emulation.setDeviceMetricsOverride", width=width, height=1000, deviceScaleFactor=1, mobile=False)
    page.open(page_of(long_names())[0])
    page.frame()
    page.screenshot(os.path.join(WORK, f"long-{width}.png"))
    equal(page.errors(), [])
    whole = page.evaluate("document.documentElement.scrollWidth")
    left, _, side, _ = page.box("aside")
    _, _, across, _ = page.box("#map")
    page.call("Emulation.setDeviceMetricsOverride", width=1400, height=1000, deviceScaleFactor=1, mobile=False)
    assert whole <= width and across > 900 and side == 300 and left + side <= width, (whole, across, left, side)
    # The end of each name, in the legend, is inside it, and not covered.
    ends = page.evaluate("""[...document.querySelectorAll("#legend .end")].map((e) => {
        const box = e.getBoundingClientRect();
        const seen = document.elementFromPoint(box.right - 2, (box.top + box.bottom) / 2);
        return [e.textContent, seen === e];
    })""")
    lines = [end for end in ends if end[0].startswith("new_allocator.h:10")]
    assert len(lines) == 7 and all(seen for _, seen in lines), ends


@test
def a_region_that_is_hardly_used_fills_the_map_with_what_was_used():
    path = os.path.join(WORK, "hardly.trace")
    with open(path, "w", encoding="ascii") as file:
        file.write("# heap_start: 0x20000000  heap_size: 524288\n" +
                   "".join(f"m {slot} {40 + slot}\n" for slot in range(300)))
    page.open(page_of(path)[0])
    page.frame()
    page.screenshot(os.path.join(WORK, "hardly.png"))
    equal(page.errors(), [])
    rows, columns = page.evaluate("[grid.rows, grid.columns]")
    top = page.evaluate("topNow()")
    assert 0.7 < top / (rows * columns) <= 1, (top, rows, columns)


@test
def the_figures_are_those_of_the_moment():
    page.open(PATH)
    go(10007)
    live = blocks(DATA, 10007)
    used = sum(granules for _, granules, _ in live)
    names = page.evaluate("[...document.querySelectorAll('dt')].map((e) => e.textContent)")
    values = page.evaluate("[...document.querySelectorAll('dd')].map((e) => e.textContent)")
    figures = dict(zip(names, values))
    free = DATA["granules"] - DATA["control"] - used
    equal(figures["Used"], f"{8 * used:,}")
    equal(figures["in blocks"], f"{len(live):,}")
    equal(figures["Free"], f"{8 * free:,}")
    equal(figures["Largest free block"], f"{8 * DATA['largest'][10006]:,}")


@test
def each_block_has_the_colour_of_its_age():
    page.open(PATH)
    moment = DATA["fullest"]
    go(moment)
    steps, palette = DATA["palette"]["ageSteps"], DATA["palette"]["steps"]
    seen = set()
    for place, granules, born in blocks(DATA, moment)[::9]:
        if granules < 3:
            continue
        age = moment - born
        wanted = palette[next((i for i, step in enumerate(steps) if age <= step), len(steps))]
        equal(colour(*centre(DATA, place, granules)), wanted, f"{place}")
        seen.add(wanted)
    assert len(seen) > 3, seen


@test
def a_block_tells_its_size_age_and_owner():
    page.open(NODE_PATH)
    equal(page.errors(), [])
    go(522)
    place, granules, born = max(blocks(NODE, 522), key=lambda block: block[1])
    page.mouse("mouseMoved", *centre(NODE, place, granules))
    page.frame()
    said = page.text("#tip")
    size, site = NODE["sizes"][born - 1], NODE["sites"][NODE["opSites"][born - 1]]
    for part in (f"{size:,} bytes asked for, {8 * granules:,} taken", f"by {site}", f"{522 - born:,} operations old",
                 f"{NODE['start'] + 8 * place:#x}"):
        assert part in said, (part, said)
    page.screenshot(os.path.join(WORK, "node.png"))
    page.click(*centre(NODE, place, granules))
    page.frame()
    equal((at(), page.evaluate("view.chosen()")), (522, [born]))
    page.double_click(*centre(NODE, place, granules))
    equal(at(), born)
    page.key("Escape")


@test
def memory_that_is_no_block_tells_what_it_is():
    page.open(NODE_PATH)
    go(522)
    live = blocks(NODE, 522)
    end, (place, _, _) = max(((a[0] + a[1], b) for a, b in zip(live, live[1:])), key=lambda pair: pair[1][0] - pair[0])
    top = NODE["tops"][521]
    gap, above = place - end, NODE["granules"] - top
    for first, granules, words in [(0, 8, "control data"), (end, gap, f"free: {8 * gap} bytes at +{8 * end:#x}"),
                                   (top, above, f"above the top: {8 * above:,} bytes, free")]:
        page.mouse("mouseMoved", *centre(NODE, first, granules))
        page.frame()
        equal(page.text("#tip"), words)
    page.mouse("mouseMoved", 5, 5)
    page.frame()
    assert page.evaluate("document.getElementById('tip').hidden")
    equal(page.errors(), [])


@test
def each_block_has_the_colour_of_its_site():
    page.open(NODE_PATH)
    go(522)
    legend = page.evaluate("[...document.querySelectorAll('#legend li')].map((e) => [...e.children].map((c) => "
                           "c.textContent || getComputedStyle(c).backgroundColor))")
    colours = {}
    for rgb, site, _ in legend[1:-1]:
        colours[site] = "#" + "".join(f"{int(value):02x}" for value in re.findall(r"\d+", rgb)[:3])
    seen = set()
    for place, granules, born in blocks(NODE, 522):
        site = NODE["sites"][NODE["opSites"][born - 1]].split(" < ")[0]
        equal(colour(*centre(NODE, place, granules)), colours[site], site)
        seen.add(site)
    assert len(seen) >= 5, seen
    page.evaluate("document.querySelector('input[value=size]').click()")
    page.frame()
    assert "Size of a block" in page.text("#legend")


@test
def requests_that_were_refused_are_found():
    page.open(NODE_PATH)
    go(0)
    page.evaluate("document.getElementById('refusal').click()")
    page.frame()
    first = NODE["refused"][0]
    equal(at(), first[0])
    assert f"{first[1]} was refused to {NODE['sites'][first[2]]}" in page.text("#call"), page.text("#call")


# ---- The flame graph ---------------------------------------------------------------------------------

STACKS = [f"{name} {place}" for name, place in (
    ("Sensor::Sensor(std::__cxx11::basic_string<char> const&)", "sensor.cpp:8"),
    ("Registry::add(int)", "registry.cpp:41"),
    ("parse<Json::Value, std::vector<int> >(char const*)", "parse.hpp:137"), ("main", "main.cpp:12"))]


def stacked():
    """A trace with stacks, tasks and a clock that does not advance for a while."""
    path, lines = os.path.join(WORK, "stacked.trace"), ["# heap_start: 0x20000000  heap_size: 65536"]
    for n in range(600):
        stack = [STACKS[n % 3], STACKS[(n + 1) % 3], STACKS[3]][n % 2:]
        lines += [f"# at {' < '.join(stack)}", f"# time {1000 + 10 * n + (50000 if n >= 300 else 0)}",
                  f"# task {'net' if n % 5 else 'idle'}", f"m {n} {16 + n % 7 * 8}"]
        lines += [f"f {n - 90}"] if n % 3 and n >= 90 and (n - 90) % 3 == 1 else []
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def flame_of(data, moment):
    """Bytes of each path from the root on, by names of frames."""
    wanted = {}
    for _, _, born in blocks(data, moment):
        i = born - 1
        stack = [data["frameLabels"][n] for n in data["stacks"][data["opSites"][i]]]
        if data["opTasks"] and data["opTasks"][i]:
            stack.insert(0, "task " + data["tasks"][data["opTasks"][i]])
        for n in range(len(stack) + 1):
            path = "/".join(stack[:n])
            wanted[path] = wanted.get(path, 0) + data["sizes"][i]
    return wanted


def shown_flame():
    """The frames that are drawn: path -> bytes, x, width, depth."""
    page.frame()
    names = page.evaluate("frameNames")
    return {"/".join(names[n] for n in path): rest for path, *rest in page.evaluate("view.flame()")}


STACKED_PATH, STACKED = page_of(stacked())


def frame_centre(path):
    left, top, _, _ = page.box("#flame")
    _, x, width, depth = shown_flame()[path]
    return left + x + width / 2, top + depth * 18 + 9


@for_each(["first", "fullest", "end"])
def each_frame_is_as_wide_as_its_live_bytes(which):
    page.open(STACKED_PATH)
    moment = {"first": 100, "fullest": STACKED["fullest"], "end": len(STACKED["kinds"])}[which]
    go(moment)
    wanted, found = flame_of(STACKED, moment), shown_flame()
    equal({path: rest[0] for path, rest in found.items()}, wanted)
    _, _, width, _ = page.box("#flame")
    assert all(abs(rest[2] - width * rest[0] / wanted[""]) < 0.01 for rest in found.values())
    assert len(found) > 12 and max(rest[3] for rest in found.values()) == 4
    equal(page.errors(), [])


@test
def a_frame_that_is_clicked_has_its_blocks_and_no_others():
    page.open(STACKED_PATH)
    go(len(STACKED["kinds"]))
    path = max((path for path in shown_flame() if path.count("/") == 2), key=lambda path: shown_flame()[path][0])
    page.click(*frame_centre(path))
    page.frame()
    frames = path.split("/")
    wanted = []
    for _, _, born in blocks(STACKED, len(STACKED["kinds"])):
        i = born - 1
        stack = [f"task {STACKED['tasks'][STACKED['opTasks'][i]]}"]
        stack += [STACKED["frameLabels"][n] for n in STACKED["stacks"][STACKED["opSites"][i]]]
        wanted += [born] if stack[:3] == frames else []
    equal(page.evaluate("view.chosen()"), wanted)
    live = blocks(STACKED, len(STACKED["kinds"]))
    assert 0 < len(wanted) < len(live) / 2
    page.screenshot(os.path.join(WORK, "stacked.png"))
    # On the map the others are pale.
    for place, granules, born in live[::23]:
        plain = STACKED["palette"]["categories"]
        equal(colour(*centre(STACKED, place, granules)) in plain, born in wanted, str(born))
    page.key("Escape")
    page.frame()
    equal(len(page.evaluate("view.chosen()")), len(live))


@test
def a_block_that_is_clicked_has_its_frame_and_one_under_the_pointer_too():
    page.open(STACKED_PATH)
    go(700)
    place, granules, born = blocks(STACKED, 700)[50]
    page.click(*centre(STACKED, place, granules))
    page.frame()
    stack = [f"task {STACKED['tasks'][STACKED['opTasks'][born - 1]]}"]
    stack += [STACKED["frameLabels"][n] for n in STACKED["stacks"][STACKED["opSites"][born - 1]]]
    names = page.evaluate("frameNames")
    equal([names[n] for n in page.evaluate("chosen.path")], stack)
    equal(page.evaluate("view.chosen()"), [born])
    page.mouse("mouseMoved", *centre(STACKED, place, granules))
    page.frame()
    x, y = frame_centre("/".join(stack))
    left, top, _, _ = page.box("#flame")
    pixel = f"document.getElementById('flame').getContext('2d').getImageData({x - left}, {y - top - 8}, 1, 1).data"
    edge = page.evaluate(f"[...{pixel}]")
    equal("#" + "".join(f"{value:02x}" for value in edge[:3]), STACKED["palette"]["ink"])


@test
def a_frame_tells_its_whole_name_and_bytes_and_can_fill_the_width():
    page.open(STACKED_PATH)
    go(700)
    path = next(path for path in shown_flame() if path.count("/") == 2 and "parse" in path.split("/")[-1])
    page.mouse("mouseMoved", *frame_centre(path))
    page.frame()
    said, size = page.text("#flame-tip"), shown_flame()[path][0]
    assert said.startswith(STACKS[2]) and f"{size:,} bytes, " in said, said
    share = 100 * size / shown_flame()[""][0]
    assert f"{share:.1f} % of what is live" in said, said
    page.double_click(*frame_centre(path))
    _, _, width, _ = page.box("#flame")
    assert abs(shown_flame()[path][2] - width) < 0.01 and shown_flame()[path][0] == size
    page.double_click(*frame_centre(""))
    assert shown_flame()[path][2] < width


@test
def a_long_name_is_cut_in_its_middle():
    page.open(STACKED_PATH)
    text = page.evaluate("(() => { const c = element('flame').getContext('2d');"
                         f"return [200, 100, 40, 3].map((w) => fitted(c, {STACKS[0]!r}, w)); }})()")
    assert text[0].startswith("Sensor::") and text[0].endswith("\u2026sensor.cpp:8") and len(text[0]) < len(STACKS[0])
    assert text[1].endswith("\u2026sensor.cpp:8") and text[2].startswith("\u2026") and text[2].endswith(":8")
    equal(text[3], "")


# ---- Search, and free blocks --------------------------------------------------------------------------


def search(text):
    page.evaluate(f"(element('search').value = {text!r}, element('search').dispatchEvent(new Event('input')))")
    page.frame()
    return page.evaluate("view.chosen()"), page.text("#matches")


@test
def blocks_are_found_by_address_size_and_stack():
    page.open(STACKED_PATH)
    go(700)
    live = blocks(STACKED, 700)
    place, granules, born = live[77]
    address = STACKED["start"] + 8 * place
    for text in (f"{address:#x}", f"{address + 8 * granules - 1:#X}", f"+{8 * place:#x}"):
        equal(search(text)[0], [born], text)
    sizes = {b: STACKED["sizes"][b - 1] for _, _, b in live}
    for text, low, high in (("24", 24, 24), ("17-32", 17, 32), ("50-", 50, 9999)):
        found, said = search(text)
        equal(found, [b for b, size in sizes.items() if low <= size <= high], text)
        equal(said, f"{len(found)} of {len(live)} blocks, {sum(sizes[b] for b in found):,} bytes")
    sites = {b: STACKED["sites"][STACKED["opSites"][b - 1]] for b in sizes}
    equal(search("REGISTRY.cpp")[0], [b for b, site in sites.items() if "registry.cpp" in site])
    equal(search("idle")[0], [b for b in sizes if STACKED["tasks"][STACKED["opTasks"][b - 1]] == "idle"])
    equal(search("no such function"), ([], f"0 of {len(live)} blocks, 0 bytes"))
    equal(len(search("")[0]), len(live))


@test
def enter_goes_to_the_next_request_of_such_a_block():
    page.open(STACKED_PATH)
    go(10)
    search("64")
    wanted = [i + 1 for i, size in enumerate(STACKED["sizes"]) if size == 64]
    for _ in range(2):
        page.evaluate("element('next').click()")
        page.frame()
    equal(at(), [i for i in wanted if i > 10][1])
    go(len(STACKED["kinds"]))
    page.evaluate("element('next').click()")
    equal(at(), wanted[0])
    search("12345678")
    page.evaluate("element('next').click()")
    equal(page.text("#matches"), "no such block at any time")


@test
def free_blocks_are_counted_by_size():
    page.open(PATH)
    go(10007)
    live, top = blocks(DATA, 10007), DATA["tops"][10006]
    ends = [DATA["control"]] + [place + granules for place, granules, _ in live]
    gaps = [8 * (place - end) for (place, _, _), end in zip([*live, (top, 0, 0)], ends) if place > end]
    rows = page.evaluate("[...document.querySelectorAll('#holes li')].map((e) => [...e.children].map((c) => "
                         "c.textContent))")[1:]
    wanted = []
    for power in sorted({gap.bit_length() - 1 for gap in gaps}):
        some = [gap for gap in gaps if gap.bit_length() - 1 == power]
        wanted.append([f"{1 << power:,} to {(2 << power) - 1:,}:", f"{len(some):,}, {sum(some):,} bytes"])
    equal(rows, wanted)
    assert len(rows) > 3, rows


# ---- Zoom, time and tasks ------------------------------------------------------------------------------


@test
def the_wheel_and_buttons_zoom_in_time():
    page.open(PATH)
    count = len(DATA["kinds"])
    left, top, width, _ = page.box("#bytes")
    x = left + LABELS + (width - LABELS - RIGHT) * 0.25
    for _ in range(6):
        page.call("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=top + 60, deltaX=0, deltaY=-100)
    page.frame()
    low, high = page.evaluate("view.axis()")
    assert abs((high - low) / count - 0.7 ** 6) < 0.01 and abs((0.25 * count - low) / (high - low) - 0.25) < 0.02
    page.click(x, top + 60)
    page.frame()
    assert abs(at() - (low + 0.25 * (high - low))) < (high - low) / 500, at()
    page.screenshot(os.path.join(WORK, "zoomed.png"))
    go(count - 5)  # it follows
    low, high = page.evaluate("view.axis()")
    assert low < count - 5 <= high and abs((high - low) / count - 0.7 ** 6) < 0.01
    page.evaluate("element('whole').click()")
    equal(page.evaluate("view.axis()"), [0, count])
    page.evaluate("for (let n = 0; n < 40; n++) element('in').click()")
    low, high = page.evaluate("view.axis()")
    equal(high - low, 20)
    page.frame()
    equal(page.errors(), [])


@test
def time_can_be_that_of_the_clock():
    page.open(STACKED_PATH)
    go(100)
    equal(page.evaluate("element('clock').hidden"), False)
    page.evaluate("element('by-clock').click()")
    page.frame()
    first, last = STACKED["times"][0], STACKED["times"][-1]
    equal(page.evaluate("view.axis()"), [first, last])
    left, top, width, _ = page.box("#bytes")
    wide = width - LABELS - RIGHT
    for share in (0.05, 0.5, 0.97):
        page.click(left + LABELS + wide * share, top + 60)
        page.frame()
        moment = first + share * (last - first)
        wanted = sum(time <= moment for time in STACKED["times"])
        assert abs(at() - wanted) <= 3, (share, at(), wanted)
        assert f" at {STACKED['times'][at() - 1]:,}" in page.text("#call")
    page.screenshot(os.path.join(WORK, "clock.png"))
    equal(page.errors(), [])
    page.open(PATH)
    equal(page.evaluate("getComputedStyle(element('clock')).display"), "none")


@test
def blocks_by_task_have_totals():
    page.open(STACKED_PATH)
    go(700)
    page.evaluate("document.querySelector('input[value=task]').click()")
    page.frame()
    legend = page.evaluate("[...document.querySelectorAll('#legend li')].map((e) => [...e.children].map((c) => "
                           "c.textContent))")
    totals = {}
    for _, _, born in blocks(STACKED, 700):
        task = STACKED["tasks"][STACKED["opTasks"][born - 1]]
        totals[task] = totals.get(task, 0) + STACKED["sizes"][born - 1]
    equal({row[1]: row[2] for row in legend[1:3]}, {task: f"{size:,}" for task, size in totals.items()})
    equal(page.text("#legend li.head"), "Taskbytes")


# ---- A long run of a large heap ------------------------------------------------------------------------

OPERATIONS, REGION = 530520, 524288


def long_run():
    """So many operations of a C++ program in a region of 512 KiB."""
    path = os.path.join(WORK, "long-run.trace")
    rng, live, spare, now = random.Random(3), [], [], 0
    names = [f"{LONG}{kind}, void const*) {kind}.h:{line}" for kind in ("list", "tree", "hash")
             for line in (137, 200, 377)]
    users = [f"app::Module{n}<app::Traits<{n}, std::vector<int> > >::handle(app::Message const&) module{n}.cpp:{40 + n}"
             for n in range(40)]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"# heap_start: 0x20000000  heap_size: {REGION}\n")
        for _ in range(OPERATIONS):
            if live and (now > 370000 or rng.random() < 0.49):
                slot, size = live.pop(rng.randrange(len(live)))
                spare.append(slot)
                now -= size
                file.write(f"f {slot}\n")
            else:
                slot, size = spare.pop() if spare else len(live), int(8 + rng.random() ** 4 * 900)
                live.append((slot, size))
                now += size
                file.write(f"# at {rng.choice(names)} < {rng.choice(users)} < main main.cpp:9\nm {slot} {size}\n")
    return path


@test
def a_long_run_of_a_large_heap_opens_in_two_seconds_and_jumps_in_40_ms():
    path, data = page_of(long_run())
    equal((len(data["kinds"]), data["granules"] * 8 <= REGION, len(data["sites"]) > 300), (OPERATIONS, True, True))
    times, works = [], []
    for _ in range(3):
        times.append(page.open(path))
        works.append(page.worked())
    equal(page.errors(), [])
    before = page.worked()
    jumps = page.evaluate(f"""(() => {{
        const times = [];
        for (let i = 0; i < 100; i++) {{
            const start = performance.now();
            view.go((i * 7919 * 131) % {OPERATIONS});
            view.drawNow();
            document.getElementById("map").getContext("2d").getImageData(0, 0, 1, 1);
            times.push(performance.now() - start);
        }}
        return times;
    }})()""")
    work = (page.worked() - before) / len(jumps)
    jumps.sort()
    page.screenshot(os.path.join(WORK, "long-run.png"))
    print(f"# {OPERATIONS:,} operations, {os.path.getsize(path):,} bytes: opened in "
          f"{', '.join(f'{1000 * t:.0f}' for t in times)} ms, of them "
          f"{', '.join(f'{1000 * t:.0f}' for t in works)} of a processor; a jump and its picture: mean "
          f"{sum(jumps) / len(jumps):.1f} ms, 95 % below {jumps[94]:.1f}, longest {jumps[-1]:.1f}, "
          f"of a processor {1000 * work:.1f}")
    assert min(times) < 2 and sum(jumps) / len(jumps) < 40
    for moment in (OPERATIONS, 1, 265000):
        state = page.evaluate(f"(view.go({moment}), view.state())")
        equal(state["blocks"], blocks(data, moment), str(moment))


@test
def the_pictures_in_the_documents_are_small():
    pictures = [os.path.join("docs", name) for name in os.listdir("docs") if name.endswith(".png")]
    assert pictures
    for path in pictures:
        assert os.path.getsize(path) < 200 * 1000, (path, os.path.getsize(path))


try:
    run_tests()
finally:
    page.close()
