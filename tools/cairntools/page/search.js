/* search.js: blocks by address, by size, or by words of their stack.
 *
 * SPDX-License-Identifier: MIT */

/* has(i) for what is searched, or null if the text is no search: 0x... is an address, +0x... one from the heap's start
 * on; digits are bytes asked for, one number or a range; all else is a part of a function, a file or a task. */
function searchFor(text) {
  const address = text.match(/^(\+?)0x([0-9a-f]+)$/i);
  if (address) {
    const g = Math.floor((parseInt(address[2], 16) - (address[1] ? 0 : data.start)) / data.granule);
    return (i) => data.places[i] <= g && g < data.places[i] + granulesOf(i);
  }
  const size = text.match(/^(\d+)(?:(-)(\d*))?$/);
  if (size) {
    const low = Number(size[1]), high = !size[2] ? low : size[3] ? Number(size[3]) : Infinity;
    return (i) => low <= data.sizes[i] && data.sizes[i] <= high;
  }
  const part = text.toLowerCase(), known = new Map();
  return (i) => {
    const number = stackNumber(i);
    if (!known.has(number)) {
      const task = Math.floor(number / data.sites.length);
      known.set(number, `${data.sites[number % data.sites.length]} ${data.tasks[task] || ""}`.toLowerCase().includes(part));
    }
    return known.get(number);
  };
}

function search() {
  const text = element("search").value.trim();
  if (text === "") chosen = null;
  else chosen = { search: text, has: searchFor(text) };
  draw();
}

/* How many blocks are chosen at this moment. */
function showMatches(found) {
  let blocks = 0, bytes = 0;
  if (chosen)
    for (const i of found)
      if (chosen.has(i)) [blocks, bytes] = [blocks + 1, bytes + data.sizes[i]];
  element("matches").textContent = chosen ? `${group(blocks)} of ${group(found.length)} blocks, ${group(bytes)} bytes` : "";
  element("next").disabled = !chosen || data.moment;
}

/* The next operation that asks for such a block, from the beginning again after the last one. */
function nextMatch() {
  if (!chosen || data.moment) return;
  for (let n = 0; n < count; n++) {
    const i = (at + n) % count;
    if (data.served[i] === "0" && data.kinds[i] !== "f" && chosen.has(i)) {
      go(i + 1);
      return;
    }
  }
  element("matches").textContent = "no such block at any time";
}

function listenToSearch() {
  element("search").addEventListener("input", search);
  element("search").addEventListener("keydown", (event) => {
    if (event.key === "Enter") nextMatch();
    if (event.key === "Escape") choose(null);
  });
  element("next").addEventListener("click", nextMatch);
}
