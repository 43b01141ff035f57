import assert from "node:assert/strict";
import test from "node:test";
import {makePoints, MAX_POINTS, ownPoints, parsePoints, SHAPES} from "./datasets.js";
import {decoded} from "./data.js";
import {logTicks, scale, ticks} from "./axes.js";
import {csv} from "./elements.js";
import {quantile, roundUp, setting, short} from "./numbers.js";
import {packPoints, unpackPoints} from "./packed.js";
import {createHistory, recall, remember} from "./rewind.js";
import {errorOf, predictedRating, sheetStep, startSheet} from "./spreadsheet.js";
import {SvgPen} from "./svg_pen.js";

test("shapes are the same for a seed, and others for another seed or part", () => {
  for (const shape of Object.keys(SHAPES)) {
    const settings = {shape, arms: 5, points: 100, noise: 0.1, seed: 3}, one = makePoints(settings, "train");
    assert.deepEqual(one, makePoints(settings, "train"));
    assert.notDeepEqual(one.x, makePoints(settings, "test").x);
    assert.notDeepEqual(one.x, makePoints({...settings, seed: 4}, "train").x);
    assert.equal(one.labels.length, 100);
    assert.equal(new Set(one.labels).size, one.classes);
  }
});

test("tables of points in many forms", () => {
  for (const text of ["0.3,0.2,red\n-0.5,1,blue\n", "x,y,label\n0.3,0.2,red\n-0.5,1,blue", "label;y;x\nred;0,2;0,3\nblue;1;-0,5\n", "\uFEFF0.3\t0.2\tred\r\n-0.5\t1\tblue\r\n", "0.3 0.2 red\n\n-0.5 1 blue\n"]) {
    const {points, names, notes} = parsePoints(text);
    assert.deepEqual(names, ["blue", "red"], text);
    assert.deepEqual(points, [{x: 0.3, y: 0.2, label: 1}, {x: -0.5, y: 1, label: 0}], text);
    assert.deepEqual(notes, []);
  }
  assert.deepEqual(parsePoints("0,0,10\n0,1,9\n").names, ["9", "10"]);
});

test("points far from the window are scaled into it, keeping their shape", () => {
  const {points, notes} = parsePoints("100,0,a\n300,50,b\n");
  assert.deepEqual(points.map(({x, y}) => [x, y]), [[-1, -0.25], [1, 0.25]]);
  assert.match(notes[0], /scaled/);
});

test("what is no table of points is named by its line", () => {
  for (const [text, told] of [["", /no points/], ["\u0089PNG\n", /line 1: a point needs/], ["0,0,a\n1,2\n", /line 2/], ["0,0,a\n0,x,b\n", /line 2: 0, x are not two numbers/],
    ["x,y,label\n", /no points/], ["0,0,\n", /line 1: the class is missing/], [Array.from({length: 9}, (_, k) => `0,0,c${k}`).join("\n"), /9 classes/]])
    assert.throws(() => parsePoints(text), told, text);
});

test("100,000 points are thinned, and it is said", () => {
  const {points, notes} = parsePoints(Array.from({length: 100_000}, (_, k) => `${k / 1e5},0,${k % 2}`).join("\n"));
  assert.ok(points.length <= MAX_POINTS && points.length > MAX_POINTS / 2);
  assert.match(notes[0], /one in 50 of 100,000 points/);
  assert.equal(ownPoints(points).classes, 2);
});

test("points survive the address", () => {
  const points = [{x: 0.3, y: -1.1, label: 0}, {x: 1.1, y: 0.123, label: 7}];
  unpackPoints(packPoints(points)).forEach((p, k) => { assert.ok(Math.abs(p.x - points[k].x) < 6e-4 && Math.abs(p.y - points[k].y) < 6e-4); assert.equal(p.label, points[k].label); });
  assert.deepEqual(unpackPoints("<script>"), []);
});

test("a training goes back to any step and on from it", () => {
  const past = createHistory(1e6), state = step => ({net: {}, parameters: Float32Array.of(step), moments: [Float32Array.of(0), Float32Array.of(0)], step});
  for (let step = 0; step <= 100; step++) remember(past, state(step));
  assert.ok(past.copies.length <= past.most && past.every > 1);
  assert.equal(recall(past, 0).step, 0);
  const back = recall(past, 55);
  assert.ok(back.step <= 55 && back.step + past.every > 55);
  back.parameters[0] = -1;
  assert.equal(recall(past, 55).parameters[0], back.step);
  remember(past, {...state(past.every), parameters: Float32Array.of(-7)});
  assert.equal(recall(past, 100).parameters[0], -7);  // what was the future is written anew
});

test("the spreadsheet is solved, better with biases, and its gradient is the slope", () => {
  const given = Array.from({length: 6}, (_, u) => Array.from({length: 5}, (_, i) => ((u + i) % 4 === 3 ? NaN : 1 + (u * 2 + i) % 5)));
  for (const biased of [false, true]) {
    const sheet = startSheet({users: 6, items: 5, factors: 2}), before = errorOf(sheet, given, biased), value = sheet.users[1][0], e = 1e-6;
    const half = () => given.flat().filter(Number.isFinite).length * errorOf(sheet, given, biased) ** 2 / 2;
    sheet.users[1][0] = value + e; const up = half();
    sheet.users[1][0] = value - e; const down = half();
    sheet.users[1][0] = value;
    sheetStep(sheet, given, 1e-3, biased);
    assert.ok(Math.abs((value - sheet.users[1][0]) / 1e-3 - (up - down) / (2 * e)) < 1e-4);
    for (let k = 0; k < 3000; k++) sheetStep(sheet, given, 0.01, biased);
    assert.ok(errorOf(sheet, given, biased) < 0.5 * before);
    assert.equal(typeof predictedRating(sheet, 0, 3, biased), "number");
  }
});

test("arrays in the data of a page", () => {
  const text = Buffer.from(Float32Array.of(1, 2.5).buffer).toString("base64");
  assert.deepEqual(decoded({a: [{f4: text}], b: null, c: "f4", d: {u1: "AQI="}}), {a: [Float32Array.of(1, 2.5)], b: null, c: "f4", d: Uint8Array.of(1, 2)});
});

test("numbers in words and ticks", () => {
  assert.equal(short(-0.00123456), "−0.00123");
  assert.equal(setting(1e-5), "1e−5");
  assert.deepEqual([0.7, 1, 1.2, 34].map(roundUp), [1, 1, 2, 50]);
  assert.equal(quantile([1, 2, 4], 0.25), 1.5);
  assert.deepEqual(ticks(0, 1, 5), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(logTicks(1, 1000), [1, 3, 10, 30, 100, 300, 1000]);
  const log = scale({low: 1, high: 100, log: true, from: 0, to: 200});
  assert.ok(Math.abs(log.at(10) - 100) < 1e-9 && Math.abs(log.back(100) - 10) < 1e-9);
});

test("CSV quotes what needs it", () => {
  assert.equal(csv([["a", 'say "x", y'], [1, "line\nend"]]), 'a,"say ""x"", y"\n1,"line\nend"\n');
});

test("SVG escapes texts and keeps colours", () => {
  const pen = new SvgPen(10, 20);
  pen.fillStyle = "#123456";
  pen.font = "bold 15px system-ui, sans-serif";
  pen.fillText("<a & b>", 1, 2);
  pen.save(); pen.beginPath(); pen.rect(0, 0, 5, 5); pen.clip(); pen.fillRect(0, 0, 1, 1); pen.restore();
  const text = pen.toString();
  assert.match(text, /&lt;a &amp; b&gt;/);
  assert.match(text, /font-weight="bold"/);
  assert.equal(text.split("<g").length, text.split("</g>").length);
});
