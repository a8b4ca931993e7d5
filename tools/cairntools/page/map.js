/* map.js: the heap's map, its blocks by colour, and what is at the pointer.
 *
 * SPDX-License-Identifier: MIT */

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
  const flame = data.sites.length < 2 ? 0 : 36 + Math.min(deepest + 1, FRAME_ROWS) * FRAME_HEIGHT;
  const room = Math.max(260, Math.min(560, window.innerHeight - 330 - flame - (flame ? 56 : 0)));
  const height = Math.max(3, Math.min(30, Math.floor(room / rows)));
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
    context.globalAlpha = isChosen(i) ? 1 : 0.15;
    context.fillStyle = colourOf(i);
    fillGranules(context, data.places[i], granulesOf(i), gap);
  }
  context.globalAlpha = 1;
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
  if (taskOf(i)) lines.push(`of task ${data.tasks[taskOf(i)]}`);
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
