/* page.js: the heap of a recorded program over time. The data stands in the page; docs/view.md tells what
 * it is. What an operation does to the map is in the data. The other scripts of
 * this folder follow in the page: map.js, flame.js, search.js, curves.js, start.js.
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
const begins = new Uint8Array(count); /* 1: it has a block */
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
        begins[i] = 1;
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

/* Far away it is quicker to look at all blocks: those that began before and end later are live. */
function rebuild(operation) {
  owner.fill(NONE);
  for (let i = 0; i < operation; i++)
    if (begins[i] && (ended[i] === NONE || ended[i] >= operation)) place(i, i);
  at = operation;
}

const FAR = 2000;

function moveTo(operation) {
  if (Math.abs(operation - at) > FAR) rebuild(operation);
  while (at < operation) apply(at++);
  while (at > operation) undo(--at);
}

function blocks() {
  const found = [], top = topNow();
  for (let g = data.control; g < top;) {
    const i = owner[g];
    if (i !== NONE) found.push(i);
    g += i !== NONE ? granulesOf(i) : 1;
  }
  return found;
}

/* Free blocks below the top: granules of each. */
function holes(found) {
  const sizes = [];
  let end = data.control;
  for (const i of found) {
    if (data.places[i] > end) sizes.push(data.places[i] - end);
    end = data.places[i] + granulesOf(i);
  }
  if (topNow() > end) sizes.push(topNow() - end);
  return sizes;
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
/* What a block is coloured by: the frame that asked for it, or the task. */
const askerOf = (i) => data.stacks[data.opSites[i]].at(-1);
const taskOf = (i) => (data.opTasks.length ? data.opTasks[i] : 0);
const categoryOf = { site: askerOf, task: taskOf };
const colours = { site: new Map(), task: new Map() };
const thatAsk = { site: 0, task: 0 };
const nameOf = {
  site: (frame) => data.frameLabels[frame],
  task: (task) => data.tasks[task] || "no task",
};

/* The callers, or tasks, that ever had the most live bytes get colours of their own. */
function rank(kind) {
  const bytes = new Map(), most = new Map(), keyOf = categoryOf[kind];
  for (let i = 0; i < count; i++) {
    if (data.served[i] !== "0") continue;
    const old = previous[i];
    if (old !== NONE) bytes.set(keyOf(old), bytes.get(keyOf(old)) - data.sizes[old]);
    if (data.kinds[i] === "f") continue;
    const key = keyOf(i);
    bytes.set(key, (bytes.get(key) || 0) + data.sizes[i]);
    most.set(key, Math.max(most.get(key) || 0, bytes.get(key)));
  }
  thatAsk[kind] = most.size;
  [...most].sort((a, b) => b[1] - a[1]).slice(0, palette.categories.length)
    .forEach(([key], n) => colours[kind].set(key, palette.categories[n]));
}

const stepOf = (value, steps) => {
  const n = steps.findIndex((step) => value <= step);
  return n < 0 ? steps.length : n;
};

function colourOf(i) {
  if (categoryOf[mode]) return colours[mode].get(categoryOf[mode](i)) || palette.others;
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

function categoryEntries(found) {
  const bytes = new Map(), own = colours[mode];
  for (const i of found) {
    const key = own.has(categoryOf[mode](i)) ? categoryOf[mode](i) : NONE;
    bytes.set(key, (bytes.get(key) || 0) + data.sizes[i]);
  }
  const entries = [...own].map(([key, colour]) => [colour, nameOf[mode](key), group(bytes.get(key) || 0),
    mode === "site" ? data.frames[key] : ""]);
  if (thatAsk[mode] > own.size) entries.push([palette.others, `other ${mode}s`, group(bytes.get(NONE) || 0)]);
  return entries;
}

function legendEntries(found) {
  const entries = categoryOf[mode] ? categoryEntries(found)
    : mode === "age" ? stepEntries(found, palette.ageSteps, (i) => at - i - 1)
    : stepEntries(found, palette.sizeSteps, (i) => data.sizes[i]);
  const head = { site: "Call site", task: "Task", age: "Age, in operations", size: "Size of a block, in bytes" }[mode];
  return [[null, head, "bytes"], ...entries,
    [palette.control, "control data", group(data.control * data.granule)],
    [palette.free, "free", group((topNow() - data.control - usedNow()) * data.granule)],
    ["above", "above the top, free", group((data.granules - topNow()) * data.granule)]];
}
