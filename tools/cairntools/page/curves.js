/* curves.js: bytes used, the top, and the largest free block, over time; a part of it can be zoomed in to.
 *
 * SPDX-License-Identifier: MIT */

/* ---- Curves ----------------------------------------------------------------------------------- */

const BYTES_HEIGHT = 150, SHARE_HEIGHT = 74;

/* A round number, of which about `wanted` reach up to `most`. */
function roundStep(most, wanted) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, most / wanted)));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= most / wanted) || 1;
}

/* Time is counted in operations, or by the recorded clock. A moment on that axis, and the operations up to one. */
let byClock = false;
const axisOf = (operation) => (byClock ? data.times[Math.max(operation - 1, 0)] : operation);

function operationAt(moment) {
  if (!byClock) return Math.max(0, Math.min(count, Math.floor(moment)));
  let low = 0, high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (data.times[middle] <= moment) low = middle + 1;
    else high = middle;
  }
  return low;
}

/* The part of the axis that is shown. */
let from = 0, to = count;
const wholeAxis = () => [axisOf(0), Math.max(axisOf(count), axisOf(0) + 1)];

function showAxis(start, end) {
  const [first, last] = wholeAxis();
  const width = Math.min(last - first, Math.max(end - start, Math.min(last - first, byClock ? 1 : 20)));
  from = Math.max(first, Math.min(start, last - width));
  to = from + width;
  Object.assign(element("slider"), { min: from, max: to });
  element("slider").value = axisOf(at);
  element("whole").disabled = element("out").disabled = width >= last - first;
  pictures.clear();
  draw();
}

/* Zoom by a factor; the moment `fixed` stays where it is. */
function zoom(factor, fixed) {
  const width = (to - from) * factor;
  const share = Math.min(1, Math.max(0, (fixed - from) / (to - from)));
  showAxis(fixed - width * share, fixed + width * (1 - share));
}

/* The moment that is looked at does not leave the picture. */
function follows() {
  const now = axisOf(at);
  if (now < from || now > to) showAxis(now - (to - from) / 2, now + (to - from) / 2);
}

const xOf = (operation, width) => LABELS + (axisOf(operation) - from) / (to - from) * (width - LABELS - RIGHT);

/* Calls point(x, low, high) for each pixel: the values' range there. */
function eachPixel(values, width, point) {
  const pixels = Math.max(1, Math.round(width - LABELS - RIGHT));
  for (let x = 0; x < pixels; x++) {
    let first = operationAt(from + x / pixels * (to - from));
    let last = operationAt(from + (x + 1) / pixels * (to - from));
    if (last <= first) [first, last] = byClock && first > 0 ? [first - 1, first] : [first, first + 1];
    let low = Infinity, high = -Infinity;
    for (let i = first; i < Math.min(last, count); i++) {
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
  for (const i of refusals)
    if (axisOf(i + 1) >= from && axisOf(i + 1) <= to) context.fillRect(xOf(i + 1, width) - 0.5, bottom - 6, 1.5, 6);
  const entries = [[palette.used, "used, with control data"], [palette.top, "top"],
    [palette.faint, "highest top", true]];
  if (refusals.length) entries.push([palette.ink, `ticks below: refused (${group(refusals.length)})`]);
  names(context, entries, 12);
  context.fillStyle = palette.faint;
  context.textAlign = "center";
  const marks = roundStep(to - from, 8);
  for (let mark = Math.ceil(from / marks) * marks; mark <= to; mark += marks)
    context.fillText(group(mark), LABELS + (mark - from) / (to - from) * (width - LABELS - RIGHT), BYTES_HEIGHT - 4);
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
