// Objects, arrays, strings, regular expressions, JSON and closures, as scripts of devices have them.
//
// SPDX-License-Identifier: MIT
var seed = 1;
function random(n) { seed = (seed * 16807) % 2147483647; return seed % n; }

// Events go through rules; the older ones are dropped.
var rules = ['tank', 'pump', 'valve', 'door'].map(function (name, i) {
    return { name: name, limit: 100 * (i + 1), hits: 0,
             test: function (event) { return event.source === name && event.value > this.limit; } };
});
var log = [];
for (var time = 0; time < 600; time++) {
    var event = { time: time, source: rules[random(4)].name, value: random(600), tags: ['t' + random(10), 'raw'] };
    rules.forEach(function (rule) { if (rule.test(event)) { rule.hits++; log.push(event); } });
    if (log.length > 100)
        log.splice(0, 10);
}
print(rules.map(function (rule) { return rule.name + ':' + rule.hits; }).join(' '), log.length);

// JSON there and back.
var text = JSON.stringify({ log: log, rules: rules });
var copy = JSON.parse(text);
print(text.length, copy.log.length, copy.rules[2].limit);

// Text that is taken apart.
var lines = [];
for (var i = 0; i < 60; i++)
    lines.push('2026-11-' + (10 + i % 20) + ' level=' + random(900) + ' name="unit ' + i + '"');
var found = lines.map(function (line) { return /^(\d+)-(\d+)-(\d+) level=(\d+) name="(\w+) (\d+)"$/.exec(line); })
    .filter(function (match) { return match && +match[4] > 450; });
print(found.length, found[0][5] + found[0][6], lines.join('\n').replace(/level/g, 'l').length);

// Closures, a heap sort, and a large array.
function counter() { var n = 0; return function () { return ++n; }; }
var counters = [];
for (i = 0; i < 200; i++) counters.push(counter());
for (i = 0; i < 2000; i++) counters[random(200)]();
var counts = counters.map(function (c) { return c(); }).sort(function (a, b) { return b - a; });
print(counts[0], counts[199]);
var squares = [];
for (i = 0; i < 2000; i++) squares[i] = i * i % 97;
print(squares.reduce(function (a, b) { return a + b; }, 0));
