/* page.js: the heap of a recorded program over time. The data stands in the page; docs/view.md tells what
 * it is. An operation is applied or undone one at a time: what it does to the map is in the data.
 *
 * SPDX-License-Identifier: MIT */
"use strict";

const started = performance.now();
const data = JSON.parse(document.getElementById("data").textContent);
const palette = data.palette;
const count = data.kinds.length;
const NAMES = { m: "malloc", c: "calloc", r: "realloc", a: "memalign", f: "free" };
const NONE = -1;
const element = (id) => document.getElementById(id);
const group = (n) => Math.round(n).toLocaleString("en-US");
const hex = (n) => "0x" + n.toString(16);
const granulesOf = (i) => (data.moment ? data.extents[i] : Math.max(1, Math.ceil(data.sizes[i] / data.granule)));

/* ---- Operations ------------------------------------------------------------------------------- */

/* For each operation: the one whose block it ended or resized, which the slot tells; and for each block,
 * the one that ended it. */
const previous = new Int32Array(count).fill(NONE);
const ended = new Int32Array(count).fill(NONE);
/* Granules used after each operation, blocks live, and the highest top so far. */
const used = new Int32Array(count);
const live = new Int32Array(count);
const highest = new Int32Array(count);
const refusals = []; /* operations, of this run and of the recorded one */

function follow() {
  const slots = new Map();
  let granules = 0, blocks = 0, top = data.control;
  for (let i = 0; i < count; i++) {
    if (data.served[i] === "1") refusals.push(i);
    if (data.served[i] === "0") {
      const slot = data.slots[i];
      if (slots.has(slot)) {
        previous[i] = slots.get(slot);
        ended[previous[i]] = i;
        granules -= granulesOf(previous[i]);
        blocks--;
        slots.delete(slot);
      }
      if (data.kinds[i] !== "f") {
        slots.set(slot, i);
        granules += granulesOf(i);
        blocks++;
      }
    }
    used[i] = granules;
    live[i] = blocks;
    highest[i] = top = Math.max(top, data.tops[i]);
  }
  for (const [before] of data.refused) refusals.push(before - 1);
  refusals.sort((a, b) => a - b);
}

/* ---- The heap at a moment --------------------------------------------------------------------- */

/* For each granule, the operation whose block it is; NONE: no block's. */
const owner = new Int32Array(data.granules).fill(NONE);
let at = 0; /* operations applied */

function place(i, who) {
  if (i !== NONE) owner.fill(who, data.places[i], data.places[i] + granulesOf(i));
}

function apply(i) {
  if (data.served[i] !== "0") return;
  place(previous[i], NONE);
  if (data.kinds[i] !== "f") place(i, i);
}

function undo(i) {
  if (data.served[i] !== "0") return;
  if (data.kinds[i] !== "f") place(i, NONE);
  place(previous[i], previous[i]);
}

function moveTo(operation) {
  while (at < operation) apply(at++);
  while (at > operation) undo(--at);
}

function blocks() {
  const found = [];
  for (let g = data.control; g < data.granules;) {
    const i = owner[g];
    if (i !== NONE) found.push(i);
    g += i !== NONE ? granulesOf(i) : 1;
  }
  return found;
}

/* The largest free block, as a part of all that is free, of the memory that the program ever used: the rest of a large
 * region is in one piece, whatever the program does. */
const end = data.tops.reduce((most, top) => Math.max(most, top), data.control);
function shareOf(usedThen, hole, top) {
  const free = end - data.control - usedThen;
  return free ? Math.max(hole, end - top) / free : 0;
}

const topNow = () => (at ? data.tops[at - 1] : data.control);
const usedNow = () => (at ? used[at - 1] : 0);
const freeNow = () => data.granules - data.control - usedNow();
const largestNow = () => (at ? data.largest[at - 1] : freeNow());

/* ---- Colours ---------------------------------------------------------------------------------- */

let mode = data.sites.length > 1 ? "site" : data.moment ? "size" : "age";
const siteColours = new Map();
let sitesThatAsk = 0;

/* The sites that ever had the most live bytes get colours of their own. */
function rankSites() {
  const bytes = new Map(), most = new Map();
  for (let i = 0; i < count; i++) {
    if (data.served[i] !== "0") continue;
    const old = previous[i];
    if (old !== NONE) bytes.set(data.opSites[old], bytes.get(data.opSites[old]) - data.sizes[old]);
    if (data.kinds[i] === "f") continue;
    const site = data.opSites[i];
    bytes.set(site, (bytes.get(site) || 0) + data.sizes[i]);
    most.set(site, Math.max(most.get(site) || 0, bytes.get(site)));
  }
  sitesThatAsk = most.size;
  [...most].sort((a, b) => b[1] - a[1]).slice(0, palette.categories.length)
    .forEach(([site], n) => siteColours.set(site, palette.categories[n]));
}

const stepOf = (value, steps) => {
  const n = steps.findIndex((step) => value <= step);
  return n < 0 ? steps.length : n;
};

function colourOf(i) {
  if (mode === "site") return siteColours.get(data.opSites[i]) || palette.others;
  if (mode === "age") return palette.steps[stepOf(at - i - 1, palette.ageSteps)];
  return palette.steps[stepOf(data.sizes[i], palette.sizeSteps)];
}

function stepEntries(found, steps, valueOf) {
  const counts = palette.steps.map(() => 0);
  for (const i of found) counts[stepOf(valueOf(i), steps)] += data.sizes[i];
  return palette.steps.map((colour, n) => {
    const low = n ? steps[n - 1] + 1 : 0;
    const range = n < steps.length ? `${group(low)} to ${group(steps[n])}` : `${group(low)} or more`;
    return [colour, range, group(counts[n])];
  });
}

function siteEntries(found) {
  const bytes = new Map();
  for (const i of found) {
    const site = siteColours.has(data.opSites[i]) ? data.opSites[i] : NONE;
    bytes.set(site, (bytes.get(site) || 0) + data.sizes[i]);
  }
  const entries = [...siteColours].map(([site, colour]) =>
    [colour, data.labels[site] || "unknown", group(bytes.get(site) || 0), data.sites[site]]);
  if (sitesThatAsk > siteColours.size) entries.push([palette.others, "other sites", group(bytes.get(NONE) || 0)]);
  return entries;
}

function legendEntries(found) {
  const entries = mode === "site" ? siteEntries(found)
    : mode === "age" ? stepEntries(found, palette.ageSteps, (i) => at - i - 1)
    : stepEntries(found, palette.sizeSteps, (i) => data.sizes[i]);
  const head = { site: "Call site", age: "Age, in operations", size: "Size of a block, in bytes" }[mode];
  return [[null, head, "bytes"], ...entries,
    [palette.control, "control data", group(data.control * data.granule)],
    [palette.free, "free", group((topNow() - data.control - usedNow()) * data.granule)],
    ["above", "above the top, free", group((data.granules - topNow()) * data.granule)]];
}

/* ---- Canvases --------------------------------------------------------------------------------- */

/* A context whose unit is a CSS pixel, cleared. */
function prepare(canvas, height) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth;
  const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "11px Inter, 'Segoe UI', 'Helvetica Neue', 'DejaVu Sans', sans-serif";
  return context;
}

function hatch(context) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 6;
  const c = tile.getContext("2d");
  c.fillStyle = palette.above;
  c.fillRect(0, 0, 6, 6);
  c.strokeStyle = palette.line;
  c.moveTo(0, 6);
  c.lineTo(6, 0);
  c.stroke();
  return context.createPattern(tile, "repeat");
}

/* ---- The map ---------------------------------------------------------------------------------- */

const LABELS = 64; /* pixels left of a picture */
const RIGHT = 12;
let grid = null;   /* where granules are in the map's canvas */
let hovered = NONE;

function layOut() {
  const width = element("map").clientWidth - LABELS;
  const columns = Math.min(512, Math.max(32, 2 ** Math.round(Math.log2(Math.sqrt(data.shown * 2)))));
  const rows = Math.ceil(data.shown / columns);
  const height = Math.max(3, Math.min(30, Math.floor(Math.max(320, Math.min(560, window.innerHeight - 330)) / rows)));
  grid = { columns, rows, width, cell: width / columns, height };
}

function fillGranules(context, first, size, gap) {
  for (let g = first; g < first + size;) {
    const column = g % grid.columns;
    const part = Math.min(first + size - g, grid.columns - column);
    const left = g === first ? gap : 0;
    context.fillRect(LABELS + column * grid.cell + left, Math.floor(g / grid.columns) * grid.height,
      part * grid.cell - left, grid.height - (grid.height > 3 ? 1 : 0));
    g += part;
  }
}

/* Around all granules; the last row may be a part of one. */
function outline(context) {
  const [right, low] = [LABELS + grid.width, grid.rows * grid.height];
  const end = LABELS + (data.shown - (grid.rows - 1) * grid.columns) * grid.cell;
  context.strokeStyle = palette.line;
  context.beginPath();
  const last = low - grid.height;
  for (const [x, y] of [[LABELS, 0], [right, 0], [right, last], [end, last], [end, low], [LABELS, low]])
    context.lineTo(Math.max(LABELS + 0.5, x - 0.5), Math.max(0.5, y - 0.5));
  context.closePath();
  context.stroke();
}

function drawMap(found) {
  const context = prepare(element("map"), grid.rows * grid.height);
  const gap = grid.cell >= 3 ? 1 : grid.cell / 4;
  context.fillStyle = palette.control;
  fillGranules(context, 0, data.control, 0);
  context.fillStyle = palette.free;
  fillGranules(context, data.control, topNow() - data.control, 0);
  context.fillStyle = hatch(context);
  fillGranules(context, topNow(), data.shown - topNow(), 0);
  for (const i of found) {
    context.fillStyle = colourOf(i);
    fillGranules(context, data.places[i], granulesOf(i), gap);
  }
  outline(context);
  if (hovered !== NONE && owner[data.places[hovered]] === hovered) {
    context.fillStyle = "rgba(0, 0, 0, 0.45)";
    fillGranules(context, data.places[hovered], granulesOf(hovered), gap);
  }
  context.fillStyle = palette.faint;
  context.textAlign = "right";
  const step = 2 ** Math.ceil(Math.log2(Math.max(1, 16 / grid.height)));
  const base = Math.max(9, grid.height / 2 + 4);
  for (let row = 0; row < grid.rows; row += step)
    context.fillText("+" + hex(row * grid.columns * data.granule), LABELS - 8, row * grid.height + base);
}

/* The granule under the pointer; NONE if there is none. */
function granuleAt(event) {
  const box = element("map").getBoundingClientRect();
  const column = Math.floor((event.clientX - box.left - LABELS) / grid.cell);
  const row = Math.floor((event.clientY - box.top) / grid.height);
  const g = row * grid.columns + column;
  return column < 0 || column >= grid.columns || row < 0 || g >= data.shown ? NONE : g;
}

function callText(i) {
  const alignment = data.kinds[i] === "a" ? `${data.alignments[i]}, ` : "";
  return `${NAMES[data.kinds[i]]}(${data.kinds[i] === "f" ? "" : alignment + group(data.sizes[i])})`;
}

function blockText(i) {
  const taken = granulesOf(i) * data.granule;
  const address = data.places[i] * data.granule;
  const lines = [`${group(data.sizes[i])} bytes asked for, ${group(taken)} taken`,
    `at +${hex(address)}` + (data.start ? `, ${hex(data.start + address)}` : "")];
  if (data.sites[data.opSites[i]]) lines.push(`by ${data.sites[data.opSites[i]]}`);
  if (!data.moment) {
    lines.push(`since ${callText(i)}, operation ${group(i + 1)}: ${group(at - i - 1)} operations old`);
    const end = ended[i];
    lines.push(end === NONE ? "to the end" : `until ${NAMES[data.kinds[end]]}, operation ${group(end + 1)}`);
  }
  return lines.join("\n");
}

function granuleText(g) {
  if (owner[g] !== NONE) return blockText(owner[g]);
  if (g < data.control) return "control data";
  if (g >= topNow()) return `above the top: ${group((data.granules - topNow()) * data.granule)} bytes, free`;
  let first = g, end = g;
  while (first > data.control && owner[first - 1] === NONE) first--;
  while (end < topNow() && owner[end] === NONE) end++;
  return `free: ${group((end - first) * data.granule)} bytes at +${hex(first * data.granule)}`;
}

function hover(event) {
  const g = granuleAt(event);
  const tip = element("tip");
  const before = hovered;
  hovered = g === NONE ? NONE : owner[g];
  tip.hidden = g === NONE;
  if (g !== NONE) {
    tip.textContent = granuleText(g);
    const box = element("map-pane").getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    tip.style.left = `${Math.min(x + 14, box.width - tip.offsetWidth - 4)}px`;
    tip.style.top = `${y + 18}px`;
  }
  if (hovered !== before) draw();
}

function leave() {
  element("tip").hidden = true;
  hovered = NONE;
  draw();
}

/* ---- Curves ----------------------------------------------------------------------------------- */

const BYTES_HEIGHT = 150, SHARE_HEIGHT = 74;

/* A round number, of which about `wanted` reach up to `most`. */
function roundStep(most, wanted) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most / wanted)));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= most / wanted) || 1;
}

const xOf = (operation, width) => LABELS + (count ? operation / count : 0) * (width - LABELS - RIGHT);

/* Calls point(x, low, high) for each pixel: the values' range there. */
function eachPixel(values, width, point) {
  const pixels = Math.max(1, Math.round(width - LABELS - RIGHT));
  for (let x = 0; x < pixels; x++) {
    const from = Math.floor(x / pixels * count);
    const to = Math.min(count, Math.max(from + 1, Math.floor((x + 1) / pixels * count)));
    let low = Infinity, high = -Infinity;
    for (let i = from; i < to; i++) {
      const value = values(i);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (high >= low) point(LABELS + x + 0.5, low, high);
  }
}

function curve(context, values, width, y, colour, fill) {
  context.beginPath();
  if (fill) {
    context.fillStyle = fill;
    context.moveTo(LABELS, y(0));
    eachPixel(values, width, (x, low, high) => context.lineTo(x, y(high)));
    context.lineTo(width - RIGHT, y(0));
    context.fill();
    context.beginPath();
  }
  context.strokeStyle = colour;
  eachPixel(values, width, (x, low, high) => {
    context.lineTo(x, y(low));
    context.lineTo(x, y(high));
  });
  context.stroke();
}

function gridLine(context, width, y, text) {
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(LABELS, Math.round(y) + 0.5);
  context.lineTo(width - RIGHT, Math.round(y) + 0.5);
  context.stroke();
  context.fillStyle = palette.faint;
  context.textAlign = "right";
  context.fillText(text, LABELS - 8, y + 4);
}

/* Names of curves, in their colours, from the left. */
function names(context, entries, y) {
  context.textAlign = "left";
  let x = LABELS + 8;
  for (const [colour, text, dashed] of entries) {
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.setLineDash(dashed ? [4, 3] : []);
    context.beginPath();
    context.moveTo(x, y - 4);
    context.lineTo(x + 18, y - 4);
    context.stroke();
    context.setLineDash([]);
    context.fillStyle = palette.ink;
    context.fillText(text, x + 24, y);
    x += 24 + context.measureText(text).width + 22;
  }
}

function drawBytes(context, width) {
  const [top, bottom] = [20, BYTES_HEIGHT - 18];
  const most = data.shown * data.granule;
  const y = (granules) => bottom - granules / data.shown * (bottom - top);
  const step = 2 ** Math.round(Math.log2(most / 4));
  for (let bytes = 0; bytes <= most; bytes += step)
    gridLine(context, width, y(bytes / data.granule), step >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`);
  context.lineWidth = 1;
  curve(context, (i) => used[i] + data.control, width, y, palette.used, palette.used + "40");
  curve(context, (i) => data.tops[i], width, y, palette.top);
  context.setLineDash([4, 3]);
  curve(context, (i) => highest[i], width, y, palette.faint);
  context.setLineDash([]);
  context.fillStyle = palette.ink;
  for (const i of refusals) context.fillRect(xOf(i + 1, width) - 0.5, bottom - 6, 1.5, 6);
  const entries = [[palette.used, "used, with control data"], [palette.top, "top"],
    [palette.faint, "highest top", true]];
  if (refusals.length) entries.push([palette.ink, `ticks below: refused (${group(refusals.length)})`]);
  names(context, entries, 12);
  context.fillStyle = palette.faint;
  context.textAlign = "center";
  const ops = roundStep(count, 8);
  for (let i = 0; i <= count; i += ops) context.fillText(group(i), xOf(i, width), BYTES_HEIGHT - 4);
}

function drawShare(context, width) {
  const [top, bottom] = [20, SHARE_HEIGHT - 6];
  const y = (share) => bottom - share * (bottom - top);
  for (const share of [0, 0.5, 1]) gridLine(context, width, y(share), `${100 * share} %`);
  context.lineWidth = 1;
  curve(context, (i) => {
    return shareOf(used[i], data.holes[i], data.tops[i]);
  }, width, y, palette.largest);
  names(context, [[palette.largest, "largest free block, of all that is free below the highest top"]], 12);
}

/* The curves do not change: they are drawn once for a width, and the cursor over them. */
const pictures = new Map();

function drawCurve(id, height, drawer) {
  const canvas = element(id);
  const context = prepare(canvas, height);
  const width = canvas.clientWidth;
  let picture = pictures.get(id);
  if (!picture || picture.width !== canvas.width) {
    drawer(context, width);
    picture = document.createElement("canvas");
    picture.width = canvas.width;
    picture.height = canvas.height;
    picture.getContext("2d").drawImage(canvas, 0, 0);
    pictures.set(id, picture);
  } else {
    context.drawImage(picture, 0, 0, width, height);
  }
  context.fillStyle = palette.ink;
  context.fillRect(xOf(at, width) - 0.75, 18, 1.5, height - 36 + (id === "share" ? 14 : 0));
}

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
  const recorded = data.refused.filter(([before]) => before === at);
  call.append(recorded.map(([, text, by]) => `; ${text} was refused to ${data.labels[by] || "it"}`).join(""));
}

/* ---- Drawing, and moving through time --------------------------------------------------------- */

let scheduled = false;

function drawNow() {
  const found = blocks();
  drawMap(found);
  showFigures(found);
  showLegend(found);
  if (data.moment) return;
  drawCurve("bytes", BYTES_HEIGHT, drawBytes);
  drawCurve("share", SHARE_HEIGHT, drawShare);
  showCall();
}

/* Once a frame, however often it is asked for. */
function draw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    drawNow();
  });
}

function go(operation) {
  moveTo(Math.max(0, Math.min(count, Math.round(operation) || 0)));
  element("slider").value = at;
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
    go((event.clientX - box.left - LABELS) / (box.width - LABELS - RIGHT) * count);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && move(event));
}

function onKey(event) {
  if (event.target.tagName === "INPUT" && event.target.type === "number") return;
  const step = event.shiftKey ? 100 : 1;
  const to = { ArrowLeft: at - step, ArrowRight: at + step, Home: 0, End: count }[event.key];
  if (to !== undefined) go(to);
  else if (event.key === " " && event.target.tagName !== "BUTTON") play();
  else return;
  event.preventDefault();
}

/* ---- The start -------------------------------------------------------------------------------- */

function showModes() {
  const modes = [["site", "call site"], ["age", "age"], ["size", "size"]]
    .filter(([id]) => !(id === "site" && data.sites.length < 2) && !(id === "age" && data.moment));
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
  element("slider").addEventListener("input", () => go(element("slider").valueAsNumber));
  element("number").addEventListener("input", () => go(element("number").valueAsNumber));
  const buttons = { first: () => go(0), back: () => go(at - 1), play, forward: () => go(at + 1), last: () => go(count),
    fullest: () => go(data.fullest), refusal: nextRefusal };
  for (const [id, action] of Object.entries(buttons)) element(id).addEventListener("click", action);
  element("refusal").disabled = !refusals.length;
  scrubOn(element("bytes"));
  scrubOn(element("share"));
  element("map").addEventListener("pointermove", hover);
  element("map").addEventListener("pointerleave", leave);
  element("map").addEventListener("click", (event) => {
    const g = granuleAt(event);
    if (g !== NONE && owner[g] !== NONE && !data.moment) go(owner[g] + 1);
  });
  document.addEventListener("keydown", onKey);
  window.addEventListener("resize", () => {
    layOut();
    draw();
  });
}

follow();
rankSites();
document.body.classList.toggle("moment", data.moment);
element("name").textContent = data.name;
element("source").textContent = data.source;
element("warnings").textContent = data.warnings.join("\n");
element("warnings").hidden = !data.warnings.length;
element("slider").max = element("number").max = count;
showModes();
listen();
layOut();
go(data.moment ? count : Number(location.hash.slice(1)) || data.fullest);
drawNow();

/* For tests: what is shown, and how long the page took to get there. */
window.view = {
  go, drawNow, ready: performance.now() - started,
  state: () => ({ at, used: usedNow(), blocks: blocks().map((i) => [data.places[i], granulesOf(i), i + 1]) }),
};
