/* flame.js: bytes live at the moment, by call stack, as a flame graph whose root is on top; and what of the heap is
 * chosen: the blocks of a frame, one block, or those that the search finds.
 *
 * SPDX-License-Identifier: MIT */

const FRAME_HEIGHT = 18, FRAME_ROWS = 12;

/* ---- What is chosen --------------------------------------------------------------------------- */

/* null: everything; else what it is, and has(i), whether the block of operation i is of it. */
let chosen = null;
const isChosen = (i) => chosen === null || chosen.has(i);

function choose(what) {
  chosen = what;
  element("search").value = what && what.search ? what.search : "";
  draw();
}

/* Stacks, from the root on, as numbers of frames; a task is a frame of its own. */
const frameNames = [...data.frameLabels, ...data.tasks.map((task) => `task ${task}`)];
const stackNumber = (i) => data.opSites[i] + taskOf(i) * data.sites.length;
const stackTable = new Map();

function stackOf(number) {
  let stack = stackTable.get(number);
  if (!stack) {
    const task = Math.floor(number / data.sites.length);
    stack = data.stacks[number % data.sites.length];
    if (task) stack = [data.frameLabels.length + task, ...stack];
    stackTable.set(number, stack);
  }
  return stack;
}

function choosePath(path) {
  const known = new Map(); /* by stack: is it below the path? */
  const has = (i) => {
    const number = stackNumber(i);
    if (!known.has(number)) {
      const stack = stackOf(number);
      known.set(number, path.every((frame, n) => stack[n] === frame));
    }
    return known.get(number);
  };
  choose({ path, has });
}

function chooseBlock(i) {
  if (i === NONE || (chosen && chosen.block === i)) choose(null);
  else choose({ block: i, path: stackOf(stackNumber(i)), has: (other) => other === i });
}

/* ---- The tree --------------------------------------------------------------------------------- */

function treeOf(found) {
  const root = { frame: NONE, parent: null, bytes: 0, blocks: 0, children: new Map() };
  const sums = new Map();
  for (const i of found) {
    const number = stackNumber(i), sum = sums.get(number);
    if (sum) [sum[0], sum[1]] = [sum[0] + data.sizes[i], sum[1] + 1];
    else sums.set(number, [data.sizes[i], 1]);
  }
  for (const [number, [bytes, blocks]] of sums) {
    let node = root;
    root.bytes += bytes;
    root.blocks += blocks;
    for (const frame of stackOf(number)) {
      if (!node.children.has(frame))
        node.children.set(frame, { frame, parent: node, bytes: 0, blocks: 0, children: new Map() });
      node = node.children.get(frame);
      node.bytes += bytes;
      node.blocks += blocks;
    }
  }
  return root;
}

function pathOf(node) {
  const path = [];
  for (; node.parent; node = node.parent) path.unshift(node.frame);
  return path;
}

/* ---- Drawing ---------------------------------------------------------------------------------- */

let zoomed = [];      /* the path that fills the width */
let shownFrames = []; /* where nodes are: { node, x, width, depth } */
let pointed = null;

const deepest = data.stacks.reduce((most, stack) => Math.max(most, stack.length), 0) + (data.opTasks.length ? 1 : 0);

/* The text, cut in its middle if it is wider: a line of the source is at its end. To measure takes long. */
const fittings = new Map();

function fitted(context, text, width) {
  const key = `${Math.floor(width)} ${text}`;
  if (fittings.size > 20000) fittings.clear();
  if (!fittings.has(key)) fittings.set(key, cut(context, text, Math.floor(width)));
  return fittings.get(key);
}

function cut(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const end = text.slice(text.lastIndexOf(" ") + 1);
  const dots = "\u2026";
  let low = 0, high = text.length - end.length;
  if (context.measureText(dots + end).width > width) {
    const short = [...end].length;
    for (let n = short - 1; n > 1; n--)
      if (context.measureText(dots + end.slice(-n)).width <= width) return dots + end.slice(-n);
    return "";
  }
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(text.slice(0, middle) + dots + end).width <= width) low = middle;
    else high = middle - 1;
  }
  return text.slice(0, low) + dots + end;
}

function placeFrames(root, width) {
  let node = root;
  const trail = [root];
  for (const frame of zoomed) {
    node = node.children.get(frame);
    if (!node) break;
    trail.push(node);
  }
  const all = node || root;
  const above = node ? trail : [root];
  const placed = above.slice(0, -1).map((one, depth) => ({ node: one, x: 0, width, depth }));
  const add = (one, x, depth) => {
    const wide = all.bytes ? one.bytes / all.bytes * width : one === all ? width : 0;
    if (wide < 0.5 && one !== all) return;
    placed.push({ node: one, x, width: wide, depth });
    let left = x;
    for (const child of [...one.children.values()].sort((a, b) => a.frame - b.frame)) {
      add(child, left, depth + 1);
      left += all.bytes ? child.bytes / all.bytes * width : 0;
    }
  };
  add(all, 0, above.length - 1);
  return placed;
}

/* Is the node on the path that is chosen, or below it? */
function isOnPath(node) {
  if (!chosen || !chosen.path) return false;
  const path = pathOf(node);
  return path.every((frame, n) => n >= chosen.path.length || frame === chosen.path[n]);
}

function frameColour(node) {
  if (node.children.size === 0 && mode === "site") return colours.site.get(node.frame) || palette.others;
  if (mode === "task" && node.frame >= data.frameLabels.length)
    return colours.task.get(node.frame - data.frameLabels.length) || palette.others;
  return node.parent ? ["#dfe6ee", "#d0dae5"][node.frame % 2] : "#eef2f6";
}

/* Black or white, whichever is easier to read on the colour. */
function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  return 0.299 * r + 0.587 * g + 0.114 * b > 140 ? palette.ink : "#ffffff";
}

function drawFlame(found) {
  if (data.sites.length < 2) return;
  const context = prepare(element("flame"), (deepest + 1) * FRAME_HEIGHT);
  const width = element("flame").clientWidth;
  shownFrames = placeFrames(treeOf(found), width);
  const inner = hovered === NONE ? null : stackOf(stackNumber(hovered));
  context.textAlign = "left";
  for (const { node, x, width: wide, depth } of shownFrames) {
    const colour = frameColour(node), y = depth * FRAME_HEIGHT;
    context.globalAlpha = !chosen || !chosen.path || isOnPath(node) ? 1 : 0.3;
    context.fillStyle = colour;
    context.fillRect(x, y, Math.max(wide - 1, 0.5), FRAME_HEIGHT - 1);
    if (wide > 30) {
      const text = node.parent ? frameNames[node.frame] : `all: ${group(node.bytes)} bytes`;
      context.fillStyle = inkOn(colour);
      context.fillText(fitted(context, text, wide - 8), x + 4, y + 13);
    }
    context.globalAlpha = 1;
    const marked = pointed && pointed.join() === pathOf(node).join()
      || inner && node.parent && depth === inner.length && inner.every((frame, n) => pathOf(node)[n] === frame);
    if (marked) {
      context.strokeStyle = palette.ink;
      context.lineWidth = 2;
      context.strokeRect(x + 1, y + 1, Math.max(wide - 3, 1), FRAME_HEIGHT - 3);
    }
  }
}

/* ---- The pointer ------------------------------------------------------------------------------ */

function frameAt(event) {
  const box = element("flame").getBoundingClientRect();
  const [x, depth] = [event.clientX - box.left, Math.floor((event.clientY - box.top) / FRAME_HEIGHT)];
  return shownFrames.find((one) => one.depth === depth && x >= one.x && x < one.x + one.width) || null;
}

function flameText(node) {
  const all = shownFrames[0].node.bytes;
  const name = !node.parent ? "all that is live" : data.frames[node.frame] || frameNames[node.frame];
  return `${name}\n${group(node.bytes)} bytes, ${(all ? 100 * node.bytes / all : 0).toFixed(1)} % of what is live, in ` +
    `${group(node.blocks)} blocks`;
}

function pointAtFrame(event) {
  const found = frameAt(event), tip = element("flame-tip");
  pointed = found && pathOf(found.node);
  tip.hidden = !found;
  if (found) {
    tip.textContent = flameText(found.node);
    const box = element("flame-pane").getBoundingClientRect();
    tip.style.left = `${Math.max(0, Math.min(event.clientX - box.left + 14, box.width - tip.offsetWidth - 4))}px`;
    tip.style.top = `${event.clientY - box.top + 18}px`;
  }
  draw();
}

function listenToFlame() {
  const canvas = element("flame");
  element("flame-pane").hidden = data.sites.length < 2;
  element("flame-scroll").style.maxHeight = `${FRAME_ROWS * FRAME_HEIGHT}px`;
  canvas.addEventListener("pointermove", pointAtFrame);
  canvas.addEventListener("pointerleave", () => {
    pointed = null;
    element("flame-tip").hidden = true;
    draw();
  });
  canvas.addEventListener("click", (event) => {
    const found = frameAt(event);
    if (!found || !found.node.parent) choose(null);
    else choosePath(pathOf(found.node));
  });
  canvas.addEventListener("dblclick", (event) => {
    const found = frameAt(event);
    zoomed = found ? pathOf(found.node) : [];
    draw();
  });
}
