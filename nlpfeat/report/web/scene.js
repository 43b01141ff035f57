// What a network does to the plane, computed from its layers: regions, folds, decision regions, the images of the points and of the grid.

import {accuracyOf, applyLayer, forward, isPiecewiseLinear, winner} from "./net.js";
import {areaFactor, classCells, linearRegions, outlines, square, through} from "./regions.js";

export const WINDOW = 1.1;  // half the side of the square of the input plane
const EDGE = 0.1;           // a class number stays so far from the border
const RASTER = 128;         // cells a side where a network has no linear regions

// A square grid of lines inside the disc of a radius: {x, y, lines}, where lines lists [start, stop) of each.
export function gridOf(radius, count = 9, points = 33) {
  const x = [], y = [], lines = [];
  for (const upright of [false, true])
    for (let i = 1; i <= count; i++) {
      const at = radius * (2 * i / (count + 1) - 1), half = Math.sqrt(radius * radius - at * at), start = x.length;
      for (let k = 0; k < points; k++) {
        const along = half * (2 * k / (points - 1) - 1);
        x.push(upright ? at : along); y.push(upright ? along : at);
      }
      lines.push([start, x.length]);
    }
  return {x: Float64Array.from(x), y: Float64Array.from(y), lines};
}

// The scene of a network: `layers`, the points `data`, a grid, and the anchors of class numbers of the scene before, which stay if they can.
export function sceneOf(layers, data, grid, anchors = []) {
  const embed = layers.slice(0, -1), head = layers.at(-1), exact = isPiecewiseLinear(layers);
  const image = forward(embed, [data.x, data.y]), scores = applyLayer(head, image);
  const scene = {layers, data, grid, image, warped: forward(embed, [grid.x, grid.y]), accuracy: accuracyOf(scores, data.labels), exact, regions: [], folds: []};
  if (exact) {
    Object.assign(scene, linearRegions(embed, WINDOW));
    const cells = classCells(scene.regions.map(region => ({polygon: region.polygon, map: through(head, region.map)})), head.out);
    scene.grounds = cells.map(own => outlines(own, WINDOW));
    scene.anchors = anchorsOf(cells, layers, anchors);
  } else {
    scene.raster = rasterOf(layers);
    scene.anchors = rasterAnchors(scene.raster, head.out);
  }
  return scene;
}

// A place in each class's region for its number: the one before while it still belongs to the class, else the middle of the largest cell.
function anchorsOf(cells, layers, before) {
  return cells.map((own, k) => {
    const there = before[k];
    if (there && own.length && winner(forward(layers, there.map(v => Float64Array.of(v))), 0) === k) return there;
    let best = null, most = 0.002 * (2 * WINDOW) ** 2;
    const within = v => Math.abs(v) < WINDOW - EDGE;
    for (const polygon of own) {
      const [area, x, y] = centreOf(polygon);
      if (area > most && within(x) && within(y)) { most = area; best = [x, y]; }
    }
    return best;
  });
}

function centreOf(polygon) {
  let area = 0, x = 0, y = 0;
  for (let k = 0; k < polygon.length; k += 2) {
    const next = (k + 2) % polygon.length, cross = polygon[k] * polygon[next + 1] - polygon[next] * polygon[k + 1];
    area += cross; x += (polygon[k] + polygon[next]) * cross; y += (polygon[k + 1] + polygon[next + 1]) * cross;
  }
  return [area / 2, x / (3 * area), y / (3 * area)];
}

// The predicted class at the middles of a raster of the window, row by row from below.
function rasterOf(layers) {
  const middle = i => WINDOW * (2 * (i + 0.5) / RASTER - 1), count = RASTER * RASTER;
  const x = Float64Array.from({length: count}, (_, k) => middle(k % RASTER)), y = Float64Array.from({length: count}, (_, k) => middle(Math.floor(k / RASTER)));
  const scores = forward(layers, [x, y]);
  return {side: RASTER, labels: Uint8Array.from(x, (_, k) => winner(scores, k))};
}

// For each class the cell farthest from other classes, of a coarse search.
function rasterAnchors({side, labels}, classes) {
  const best = Array(classes).fill(null), room = Array(classes).fill(2);
  for (let row = 4; row < side; row += 8)
    for (let column = 4; column < side; column += 8) {
      const own = labels[row * side + column];
      let r = 1;
      while (r < 20 && [[r, 0], [-r, 0], [0, r], [0, -r]].every(([dx, dy]) =>
        row + dy >= 0 && row + dy < side && column + dx >= 0 && column + dx < side && labels[(row + dy) * side + column + dx] === own)) r++;
      if (r > room[own]) { room[own] = r; best[own] = [column, row].map(i => WINDOW * (2 * (i + 0.5) / side - 1)); }
    }
  return best;
}

// Half the side of a square around the origin that holds the images, with a margin; of many, the farthest hundredth may lie outside, so that a few
// do not make specks of the others.
export function extentOf([x, y]) {
  const sizes = Float64Array.from(x, (v, k) => Math.max(Math.abs(v), Math.abs(y[k]))).sort();
  return 1.25 * (sizes[Math.floor(0.99 * (sizes.length - 1))] || 1);
}

// The decision regions of the head in the embedding: a polygon or none for each class.
export const headCells = (head, half) => classCells([{polygon: square(half), map: through(head, [1, 0, 0, 0, 1, 0])}], head.out);

// A value between 0 and 1 for the shade of each linear region, by what is shown.
export function shadesOf(regions, kind) {
  const values = regions.map(region => (kind === "area" ? Math.log10(areaFactor(region.map) || 1e-6) : region.on));
  let low = Infinity, high = -Infinity;
  for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
  if (kind === "area") { high = Math.max(Math.abs(low), Math.abs(high)) || 1; low = -high; }
  return values.map(v => (v - low) / (high - low || 1));
}

// By how many degrees each class winds around the middle of all images, from its first point to its last, on average over classes: means of twelve
// stretches of its points, so that noise does not wind. For points that are in order along arms.
export function windingOf([x, y], labels, classes) {
  const mx = x.reduce((a, b) => a + b) / x.length, my = y.reduce((a, b) => a + b) / y.length, angles = [];
  for (let own = 0; own < classes; own++) {
    const xs = [], ys = [], bins = 12, places = [];
    labels.forEach((label, k) => { if (label === own) places.push(k); });
    for (let b = 0; b < bins; b++) {  // means of stretches, so that noise does not wind
      const part = places.slice(Math.floor(b * places.length / bins), Math.floor((b + 1) * places.length / bins));
      xs.push(part.reduce((s, k) => s + x[k], 0) / part.length - mx); ys.push(part.reduce((s, k) => s + y[k], 0) / part.length - my);
    }
    let turned = 0;
    for (let b = 1; b < bins; b++) turned += Math.atan2(xs[b - 1] * ys[b] - ys[b - 1] * xs[b], xs[b - 1] * xs[b] + ys[b - 1] * ys[b]);
    angles.push(Math.abs(turned) * 180 / Math.PI * bins / (bins - 1));  // from the first point to the last, not between the means
  }
  return angles.reduce((a, b) => a + b) / classes;
}

// Root mean square distance of the images from their mean.
export function radiusOf([x, y]) {
  const mx = x.reduce((a, b) => a + b) / x.length, my = y.reduce((a, b) => a + b) / y.length;
  let sum = 0;
  for (let k = 0; k < x.length; k++) sum += (x[k] - mx) ** 2 + (y[k] - my) ** 2;
  return Math.sqrt(sum / x.length);
}
