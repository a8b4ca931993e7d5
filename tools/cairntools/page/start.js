/* start.js: figures and words, drawing, moving through time, and the start.
 *
 * SPDX-License-Identifier: MIT */

/* ---- Figures and words ------------------------------------------------------------------------ */

function figures(found) {
  const free = freeNow(), bytes = (granules) => group(granules * data.granule);
  const asked = found.reduce((sum, i) => sum + data.sizes[i], 0);
  return [["Heap", `${bytes(data.granules)} bytes`], ["Used", bytes(usedNow())], ["asked for", group(asked)],
    ["in blocks", group(found.length)], ["Free", bytes(free)],
    ["below the top", bytes(topNow() - data.control - usedNow())], ["Largest free block", bytes(largestNow())],
    ["of all below the highest top",
      `${(100 * shareOf(usedNow(), at ? data.holes[at - 1] : 0, topNow())).toFixed(0)} %`],
    ...(data.shown < data.granules ? [["Not shown, free", bytes(data.granules - data.shown)]] : []),
    ...(data.moment ? [] : [["Highest top so far", bytes(at ? highest[at - 1] : data.control)]])];
}

function showFigures(found) {
  element("figures").replaceChildren(...figures(found).flatMap(([name, value]) => {
    const [dt, dd] = [document.createElement("dt"), document.createElement("dd")];
    dt.textContent = name;
    dt.className = /^[a-z]/.test(name) ? "part" : "";
    dd.textContent = value;
    return [dt, dd];
  }));
}

/* How many free blocks there are below the top, by size. */
function showHoles(found) {
  const counts = new Map();
  for (const granules of holes(found)) {
    const power = Math.floor(Math.log2(granules * data.granule));
    const [number, bytes] = counts.get(power) || [0, 0];
    counts.set(power, [number + 1, bytes + granules * data.granule]);
  }
  const rows = [...counts].sort((a, b) => a[0] - b[0]).map(([power, [number, bytes]]) =>
    [`${group(2 ** power)} to ${group(2 ** (power + 1) - 1)}:`, `${group(number)}, ${group(bytes)} bytes`]);
  element("holes").replaceChildren(...[["Free blocks below the top, by size:", ""], ...rows].map((row, n) => {
    const [item, ...spans] = ["li", "span", "span"].map((tag) => document.createElement(tag));
    if (!n) item.className = "head";
    spans.forEach((span, column) => (span.textContent = row[column]));
    item.append(...spans);
    return item;
  }));
}

/* A name in two parts: where there is no room for it all, its end stays, which has the line. */
function fillName(name, text, whole) {
  const [start, end] = ["span", "span"].map((tag) => document.createElement(tag));
  const cut = text.lastIndexOf(" ") + 1;
  [start.className, end.className] = ["start", "end"];
  [start.textContent, end.textContent] = [text.slice(0, cut), text.slice(cut)];
  name.title = whole;
  name.append(...(cut ? [start, end] : [text]));
}

function showLegend(found) {
  element("legend").replaceChildren(...legendEntries(found).map(([colour, text, value, site]) => {
    const [item, ...spans] = ["li", "span", "span", "span"].map((tag) => document.createElement(tag));
    const [swatch, name, bytes] = spans;
    fillName(name, text, site || text);
    bytes.textContent = value;
    if (!colour) {
      item.className = "head";
      item.append(name, bytes);
      return item;
    }
    swatch.className = "swatch";
    swatch.style.background = colour === "above"
      ? `repeating-linear-gradient(135deg, ${palette.line} 0 1px, ${palette.above} 1px 4px)` : colour;
    item.append(swatch, name, bytes);
    return item;
  }));
}

function showCall() {
  const call = element("call");
  if (!at) {
    call.textContent = `Before the first of ${group(count)} operations`;
    return;
  }
  const i = at - 1, bold = document.createElement("b"), more = document.createElement("em");
  bold.textContent = callText(i);
  const site = data.labels[data.opSites[i]];
  const what = { 0: "", 1: ", refused", 2: ", left out: its block was refused" }[data.served[i]];
  more.textContent = `${what}${site ? ` by ${site}` : ""}`;
  call.title = data.sites[data.opSites[i]];
  call.replaceChildren(`Operation ${group(at)} of ${group(count)}: `, bold, more);
  const when = [];
  if (data.times.length) when.push(` at ${group(data.times[i])}`);
  if (taskOf(i)) when.push(` in task ${data.tasks[taskOf(i)]}`);
  call.append(...when);
  const recorded = data.refused.filter(([before]) => before === at);
  call.append(recorded.map(([, text, by]) => `; ${text} was refused to ${data.labels[by] || "it"}`).join(""));
}

/* ---- Drawing, and moving through time --------------------------------------------------------- */

let scheduled = false;

function drawNow() {
  scheduled = false;
  const found = blocks();
  /* The canvases first: they ask for their widths, which words that have changed make the browser compute anew. */
  drawMap(found);
  drawFlame(found);
  if (!data.moment) {
    drawCurve("bytes", BYTES_HEIGHT, drawBytes);
    drawCurve("share", SHARE_HEIGHT, drawShare);
    showCall();
  }
  showFigures(found);
  showLegend(found);
  showHoles(found);
  showMatches(found);
}

/* Once a frame, however often it is asked for. */
function draw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    if (scheduled) drawNow(); /* unless it has been done since */
  });
}

function go(operation) {
  moveTo(Math.max(0, Math.min(count, Math.round(operation) || 0)));
  follows();
  element("slider").value = axisOf(at);
  if (document.activeElement !== element("number")) element("number").value = at;
  draw();
}

let playing = 0;

function play() {
  if (playing) {
    cancelAnimationFrame(playing);
    playing = 0;
  } else {
    if (at === count) moveTo(0);
    const step = Math.max(1, count / 1200); /* all of it in 20 s, at 60 frames a second */
    let position = at;
    const next = () => {
      position += step;
      go(position);
      playing = at < count ? requestAnimationFrame(next) : 0;
      element("play").textContent = playing ? "Pause" : "Play";
    };
    playing = requestAnimationFrame(next);
  }
  element("play").textContent = playing ? "Pause" : "Play";
}

function nextRefusal() {
  const next = refusals.find((i) => i + 1 > at);
  go((next === undefined ? refusals[0] : next) + 1);
}

function scrubOn(canvas) {
  const move = (event) => {
    const box = canvas.getBoundingClientRect();
    go(operationAt(from + (event.clientX - box.left - LABELS) / (box.width - LABELS - RIGHT) * (to - from)));
  };
  canvas.addEventListener("wheel", (event) => {
    const box = canvas.getBoundingClientRect();
    const share = (event.clientX - box.left - LABELS) / (box.width - LABELS - RIGHT);
    if (event.shiftKey) {
      const by = Math.sign(event.deltaY || event.deltaX) * (to - from) / 8;
      showAxis(from + by, to + by);
    } else zoom(event.deltaY < 0 ? 0.7 : 1 / 0.7, from + share * (to - from));
    event.preventDefault();
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && move(event));
}

function onKey(event) {
  if (event.target.tagName === "INPUT" && ["number", "search"].includes(event.target.type)) return;
  if (event.key === "Escape") choose(null);
  const step = event.shiftKey ? 100 : 1;
  const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: count }[event.key];
  if (to !== undefined) go(to);
  else if (event.key === " " && event.target.tagName !== "BUTTON") play();
  else return;
  event.preventDefault();
}

/* ---- The start -------------------------------------------------------------------------------- */

function showModes() {
  const modes = [["site", "call site"], ["task", "task"], ["age", "age"], ["size", "size"]]
    .filter(([id]) => !(id === "site" && data.sites.length < 2) && !(id === "task" && data.tasks.length < 2)
      && !(id === "age" && data.moment));
  for (const [id, text] of modes) {
    const label = document.createElement("label"), input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "mode", value: id, checked: id === mode });
    input.addEventListener("change", () => {
      mode = id;
      draw();
    });
    label.append(input, ` ${text}`);
    element("modes").append(label);
  }
}

function listen() {
  element("slider").addEventListener("input", () => go(operationAt(element("slider").valueAsNumber)));
  element("number").addEventListener("input", () => go(element("number").valueAsNumber));
  const buttons = { first: () => go(0), back: () => go(at - 1), play, forward: () => go(at + 1), last: () => go(count),
    fullest: () => go(data.fullest), refusal: nextRefusal, in: () => zoom(0.5, axisOf(at)),
    out: () => zoom(2, axisOf(at)), whole: () => showAxis(...wholeAxis()) };
  for (const [id, action] of Object.entries(buttons)) element(id).addEventListener("click", action);
  element("refusal").disabled = !refusals.length;
  scrubOn(element("bytes"));
  scrubOn(element("share"));
  element("map").addEventListener("pointermove", hover);
  element("map").addEventListener("pointerleave", leave);
  element("map").addEventListener("click", (event) => {
    const g = granuleAt(event);
    chooseBlock(g === NONE ? NONE : owner[g]);
  });
  element("map").addEventListener("dblclick", (event) => {
    const g = granuleAt(event);
    if (g !== NONE && owner[g] !== NONE && !data.moment) go(owner[g] + 1);
  });
  element("clock").hidden = !data.times.length;
  element("by-clock").addEventListener("change", () => {
    byClock = element("by-clock").checked;
    showAxis(...wholeAxis());
  });
  listenToFlame();
  listenToSearch();
  document.addEventListener("keydown", onKey);
  window.addEventListener("resize", () => {
    layOut();
    draw();
  });
}

follow();
rank("site");
rank("task");
document.body.classList.toggle("moment", data.moment);
element("name").textContent = data.name;
element("source").textContent = data.source;
element("warnings").textContent = data.warnings.join("\n");
element("warnings").hidden = !data.warnings.length;
element("number").max = count;
if (data.shown < data.granules) {
  element("folded").textContent =
    `never reached, not shown: ${group((data.granules - data.shown) * data.granule)} bytes up to the heap's end`;
  element("folded").hidden = false;
}
showModes();
listen();
layOut();
showAxis(...wholeAxis());
go(data.moment ? count : Number(location.hash.slice(1)) || data.fullest);
drawNow();

/* For tests: what is shown, and how long the page took to get there. */
window.view = {
  go, drawNow, ready: performance.now() - started,
  state: () => ({ at, used: usedNow(), blocks: blocks().map((i) => [data.places[i], granulesOf(i), i + 1]) }),
  flame: () => shownFrames.map(({ node, x, width, depth }) => [pathOf(node), node.bytes, x, width, depth]),
  chosen: () => blocks().filter(isChosen).map((i) => i + 1),
  axis: () => [from, to],
};
