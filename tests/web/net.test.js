import assert from "node:assert/strict";
import test from "node:test";
import {accuracyOf, deadUnits, forward, layersAt, sizeOf} from "./net.js";
import {classCells, linearRegions, outlines, through} from "./regions.js";
import {gridOf, sceneOf, windingOf} from "./scene.js";
import {initialParameters, lossAndGradient, networkOf, startTraining, trainStep, workspace} from "./train.js";
import {makePoints} from "./datasets.js";
import {uniformStream} from "./numbers.js";

const points = (count = 40) => makePoints({shape: "spirals", arms: 3, points: count, noise: 0.2, seed: 1}, "train");
const area = p => { let sum = 0; for (let k = 0; k < p.length; k += 2) { const n = (k + 2) % p.length; sum += p[k] * p[n + 1] - p[n] * p[k + 1]; } return sum / 2; };

for (const [activation, depth] of [[0, 1], [0.1, 3], [0.5, 2], ["tanh", 2], [0, 0]])
  test(`the gradient is the slope of the loss: activation ${activation}, ${depth} layers`, () => {
    const data = points(), net = networkOf({width: 5, depth, activation, classes: 3}), start = Float64Array.from(initialParameters(net, 3));
    const work = workspace(net, data.labels.length), at = parameters => lossAndGradient({net, parameters}, data, work).loss;
    at(start);
    const gradient = work.gradient.slice(), e = 1e-6;
    for (let k = 0; k < start.length; k++) {
      const [up, down] = [1, -1].map(sign => at(start.with(k, start[k] + sign * e)));
      assert.ok(Math.abs((up - down) / (2 * e) - gradient[k]) < 1e-6, `parameter ${k}`);
    }
  });

test("one step of Adam, by hand", () => {
  const data = points(), net = networkOf({width: 2, depth: 1, activation: 0, classes: 3}), training = startTraining(net, initialParameters(net, 0)), work = workspace(net, data.labels.length);
  const before = Float64Array.from(training.parameters);
  lossAndGradient(training, data, work);
  const gradient = work.gradient.map((g, k) => g + 0.1 * before[k]);
  trainStep(training, data, {rate: 0.01, decay: 0.1}, work);
  gradient.forEach((g, k) => {  // at the first step, the corrected means are the gradient and its square
    assert.ok(Math.abs(training.parameters[k] - (before[k] - 0.01 * g / (Math.abs(g) + 1e-8))) < 1e-6);
  });
  assert.equal(training.step, 1);
});

test("training lowers the loss and does not depend on when one looks", () => {
  const data = points(300), net = networkOf({width: 20, depth: 1, activation: 0, classes: 3}), run = looks => {
    const training = startTraining(net, initialParameters(net, 0)), work = workspace(net, data.labels.length);
    let found;
    for (let k = 0; k < 200; k++) { found = trainStep(training, data, {rate: 0.01, decay: 0}, work); if (looks) lossAndGradient(training, data, work); }
    return [found.loss, Array.from(training.parameters)];
  };
  const [[loss, one], [, other]] = [run(false), run(true)];
  assert.deepEqual(one, other);
  assert.ok(loss < 0.4);
});

for (const [activation, depth, width] of [[0, 1, 9], [0.1, 3, 4], [0.5, 5, 2]])
  test(`regions and classes tile the window: ${width} units, ${depth} layers`, () => {
    const net = networkOf({width, depth, activation, classes: 3}), layers = layersAt(net, Float64Array.from(initialParameters(net, 5))), head = layers.at(-1);
    const {regions} = linearRegions(layers.slice(0, -1), 1.1), cells = classCells(regions.map(r => ({polygon: r.polygon, map: through(head, r.map)})), 3);
    assert.ok(Math.abs(regions.reduce((sum, r) => sum + area(r.polygon), 0) - 4.84) < 1e-9);
    assert.ok(Math.abs(cells.flat().reduce((sum, p) => sum + area(p), 0) - 4.84) < 1e-9);
    cells.forEach(own => assert.ok(Math.abs(own.reduce((s, p) => s + area(p), 0) - outlines(own, 1.1).reduce((s, p) => s + area(p), 0)) < 1e-4));
    const uniform = uniformStream(9);
    for (let k = 0; k < 100; k++) {
      const {polygon, map} = regions[Math.floor(uniform() * regions.length)], n = polygon.length / 2;
      const x = [0, 1].map(d => polygon.filter((_, i) => i % 2 === d).reduce((a, b) => a + b) / n), image = forward(layers.slice(0, -1), x.map(v => Float64Array.of(v)));
      [0, 3].forEach((at, d) => assert.ok(Math.abs(map[at] * x[0] + map[at + 1] * x[1] + map[at + 2] - image[d][0]) < 1e-9));
    }
  });

test("outlines survive edges that come back to a corner", () => {
  const eight = [[0, 0, 1, 0, 1, 1], [0, 0, -1, 0, -1, -1], [0, 0, 0, 1e-9, 1e-9, 0]];
  assert.ok(Array.isArray(outlines(eight.map(p => p), 1)));
});

test("a scene of tanh has a raster in place of regions", () => {
  const net = networkOf({width: 4, depth: 1, activation: "tanh", classes: 3}), layers = layersAt(net, Float64Array.from(initialParameters(net, 0)));
  const scene = sceneOf(layers, points(), gridOf(1));
  assert.equal(scene.regions.length, 0);
  assert.equal(scene.raster.labels.length, scene.raster.side ** 2);
});

test("a class number stays within its class", () => {
  const data = points(300), net = networkOf({width: 8, depth: 1, activation: 0, classes: 3}), training = startTraining(net, initialParameters(net, 2)), work = workspace(net, data.labels.length);
  for (let k = 0; k < 300; k++) trainStep(training, data, {rate: 0.02, decay: 0}, work);
  const layers = layersAt(net, Float64Array.from(training.parameters)), {anchors} = sceneOf(layers, data, gridOf(1));
  const placed = anchors.flatMap((at, k) => (at ? [[at, k]] : []));
  assert.ok(placed.length >= 2);
  for (const [at, k] of placed) assert.equal(accuracyOf(forward(layers, at.map(v => Float64Array.of(v))), [k]), 1);
});

test("dead units are counted, those with ReLU only", () => {
  const net = networkOf({width: 3, depth: 1, activation: 0, classes: 2}), parameters = new Float64Array(sizeOf(net));
  parameters.set([1, 0, 1, 0, 1, 0, -5, 5, 0]);  // weights of three units, then biases: off, on, both
  const data = points();
  assert.deepEqual(deadUnits(layersAt(net, parameters), [data.x, data.y]), [1, 3]);
  const leaky = networkOf({width: 3, depth: 1, activation: 0.1, classes: 2});
  assert.deepEqual(deadUnits(layersAt(leaky, parameters), [data.x, data.y]), [0, 0]);
});

test("arms wind by 144 degrees in the input", () => {
  const data = makePoints({shape: "spirals", arms: 5, points: 1000, noise: 0, seed: 0}, "train");
  assert.ok(Math.abs(windingOf([data.x, data.y], data.labels, 5) - 144) < 1);
});
