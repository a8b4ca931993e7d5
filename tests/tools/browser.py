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
    equal(at(), born)


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
        site = NODE["sites"][NODE["opSites"][born - 1]]
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
