// The pictures of a network: the input plane, the plane on its way to the embedding, and the values of all units at one point.
// A frame is a square of the picture that shows a square of the plane: {x, y, size} in pixels, {half} in units of the plane.

import {centred, classColour, classGround, rising} from "./colours.js";
import {roundUp, short} from "./numbers.js";
import {headCells, shadesOf} from "./scene.js";

const TURNS = 4;  // of painting points, so that no class covers the others

// One shape for each class, as corners around the origin.
const around = (n, radius, start = 0) => Array.from({length: n}, (_, k) => [radius * Math.sin(start + 2 * Math.PI * k / n), -radius * Math.cos(start + 2 * Math.PI * k / n)]);
const cross = around(4, 1.45, 0).flatMap((end, k) => {
  const side = Math.PI / 2 * k, turn = ([a, b]) => [a * Math.cos(side) - b * Math.sin(side), a * Math.sin(side) + b * Math.cos(side)];
  return [turn([-0.45, -1.3]), turn([0.45, -1.3]), turn([0.45, -0.45])];
});
const turned = (shape, angle) => shape.map(([a, b]) => [a * Math.cos(angle) - b * Math.sin(angle), a * Math.sin(angle) + b * Math.cos(angle)]);
export const SHAPES = [around(8, 1.08, Math.PI / 8), around(3, 1.4), around(4, 1.3, Math.PI / 4), around(4, 1.35), turned(around(3, 1.4), Math.PI),
  cross, turned(cross, Math.PI / 4), Array.from({length: 10}, (_, k) => around(10, k % 2 ? 0.6 : 1.45)[k])];
const SHAPE_NAMES = ["dot", "triangle", "square", "diamond", "triangle down", "plus", "cross", "star"];
export const shapeName = k => SHAPE_NAMES[k % SHAPE_NAMES.length];

const across = (frame, v) => frame.x + (v + frame.half) / (2 * frame.half) * frame.size;
const up = (frame, v) => frame.y + (frame.half - v) / (2 * frame.half) * frame.size;
// The point of the plane at a place of the picture.
export const planeAt = (frame, [px, py]) => [(px - frame.x) / frame.size * 2 * frame.half - frame.half, frame.half - (py - frame.y) / frame.size * 2 * frame.half];

// The largest square of a picture below nothing and above its bottom edge.
export const frameOf = (width, height, half) => ({x: 0, y: 0, size: Math.min(width, height), half});

function within(pen, {x, y, size}, paint) {
  pen.save();
  pen.beginPath();
  pen.rect(x, y, size, size);
  pen.clip();
  paint();
  pen.restore();
}

function addPolygon(pen, frame, polygon) {
  for (let k = 0; k < polygon.length; k += 2) {
    const px = across(frame, polygon[k]), py = up(frame, polygon[k + 1]);
    if (k) pen.lineTo(px, py); else pen.moveTo(px, py);
  }
  pen.closePath();
}

// Points in the shape and colour of their class.
function paintPoints(pen, frame, [x, y], labels, size) {
  const classes = labels.reduce((most, own) => Math.max(most, own), 0) + 1;
  for (let turn = 0; turn < TURNS; turn++)
    for (let own = 0; own < classes; own++) {
      const shape = SHAPES[own % SHAPES.length];
      pen.fillStyle = classColour(own);
      pen.beginPath();
      for (let k = turn; k < labels.length; k += TURNS) {
        if (labels[k] !== own) continue;
        const px = across(frame, x[k]), py = up(frame, y[k]);
        for (let c = 0; c < shape.length; c++) {
          const a = px + size * shape[c][0], b = py + size * shape[c][1];
          if (c) pen.lineTo(a, b); else pen.moveTo(a, b);
        }
      }
      pen.fill();
    }
}

// A text with a halo, so that it can be read on any ground.
function haloed(pen, text, x, y, theme) {
  pen.lineJoin = "round";
  pen.lineWidth = 3.5;
  pen.strokeStyle = theme.background;
  pen.strokeText(text, x, y);
  pen.fillStyle = theme.ink;
  pen.fillText(text, x, y);
}

function paintProbe(pen, frame, [x, y], theme) {
  const px = across(frame, x), py = up(frame, y);
  for (const [colour, width] of [[theme.background, 4.5], [theme.accent, 2]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.beginPath(); pen.arc(px, py, 8, 0, 2 * Math.PI); pen.stroke();
    pen.beginPath(); pen.moveTo(px - 13, py); pen.lineTo(px - 4, py); pen.moveTo(px + 4, py); pen.lineTo(px + 13, py);
    pen.moveTo(px, py - 13); pen.lineTo(px, py - 4); pen.moveTo(px, py + 4); pen.lineTo(px, py + 13); pen.stroke();
  }
}

const pointSize = (frame, count) => Math.max(1.5, frame.size / 150) * (count > 1500 ? 0.75 : count < 40 ? 2.2 : count < 150 ? 1.5 : 1);

// The input plane: decision regions with their numbers, or a shade of the linear regions; the folds; the points; the probed point.
export function paintPlane(pen, frame, scene, {ground, folds, probe}, theme) {
  within(pen, frame, () => {
    if (ground === "classes" && scene.exact)
      scene.grounds.forEach((loops, k) => {
        pen.fillStyle = classGround(k, theme);
        pen.beginPath();
        for (const loop of loops) addPolygon(pen, frame, loop);
        pen.fill("evenodd");
      });
    else if (ground === "classes") paintRaster(pen, frame, scene.raster, theme);
    else if (ground !== "nothing") {
      const shades = shadesOf(scene.regions, ground), colour = ground === "area" ? centred : rising;
      scene.regions.forEach(({polygon}, i) => {
        pen.fillStyle = pen.strokeStyle = colour(shades[i]);
        pen.lineWidth = 0.6;  // closes the seams between neighbours
        pen.beginPath(); addPolygon(pen, frame, polygon); pen.fill(); pen.stroke();
      });
    }
    if (folds && scene.folds.length) {
      pen.strokeStyle = theme.fold;
      pen.lineWidth = scene.folds.length > 40 ? 0.5 : 0.9;
      pen.beginPath();
      for (const [x0, y0, x1, y1] of scene.folds) { pen.moveTo(across(frame, x0), up(frame, y0)); pen.lineTo(across(frame, x1), up(frame, y1)); }
      pen.stroke();
    }
    paintPoints(pen, frame, [scene.data.x, scene.data.y], scene.data.labels, pointSize(frame, scene.data.labels.length));
    if (ground === "classes") paintNumbers(pen, frame, scene.anchors, theme);
    if (probe) paintProbe(pen, frame, probe, theme);
  });
  paintBorder(pen, frame, theme);
}

function paintBorder(pen, {x, y, size}, theme) {
  pen.strokeStyle = theme.faint;
  pen.lineWidth = 1;
  pen.strokeRect(x + 0.5, y + 0.5, size - 1, size - 1);
}

function paintRaster(pen, frame, {side, labels}, theme) {
  const cell = frame.size / side;
  for (let row = 0; row < side; row++)
    for (let from = 0, to; from < side; from = to) {
      const own = labels[row * side + from];
      for (to = from + 1; to < side && labels[row * side + to] === own; to++);
      pen.fillStyle = classGround(own, theme);
      pen.fillRect(frame.x + from * cell, frame.y + (side - 1 - row) * cell, (to - from) * cell + 0.5, cell + 0.5);
    }
}

function paintNumbers(pen, frame, anchors, theme) {
  pen.font = "bold 15px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  anchors.forEach((place, k) => { if (place) haloed(pen, String(k), across(frame, place[0]), up(frame, place[1]), theme); });
}

// The plane on its way to the embedding. moved: the points, the grid and the probed point on the way; at the end with the ground and class vectors.
export function paintSpace(pen, frame, scene, {points, grid, probe}, {arrived, bar}, theme) {
  const head = scene.layers.at(-1);
  within(pen, frame, () => {
    if (arrived)
      headCells(head, frame.half).forEach((own, k) => {
        pen.fillStyle = classGround(k, theme);
        pen.beginPath();
        for (const polygon of own) addPolygon(pen, frame, polygon);
        pen.fill();
      });
    pen.strokeStyle = theme.grid;
    pen.lineWidth = 0.9;
    pen.beginPath();
    for (const [start, stop] of scene.grid.lines)
      for (let k = start; k < stop; k++) {
        const px = across(frame, grid[0][k]), py = up(frame, grid[1][k]);
        if (k > start) pen.lineTo(px, py); else pen.moveTo(px, py);
      }
    pen.stroke();
    paintPoints(pen, frame, points, scene.data.labels, pointSize(frame, scene.data.labels.length));
    if (arrived) paintArrows(pen, frame, head, theme);
    if (probe) paintProbe(pen, frame, probe, theme);
  });
  paintBorder(pen, frame, theme);
  paintScaleBar(pen, frame, bar, theme);
}

// The class vectors, in proportion to the longest; the number of each class at its tip.
function paintArrows(pen, frame, head, theme) {
  const vectors = Array.from({length: head.out}, (_, k) => [head.weight[2 * k], head.weight[2 * k + 1]]);
  const longest = Math.max(...vectors.map(v => Math.hypot(...v))) || 1, x0 = across(frame, 0), y0 = up(frame, 0);
  pen.font = "bold 15px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  vectors.forEach(([a, b], k) => {
    const length = 0.33 * frame.size / longest, dx = length * a, dy = -length * b, size = Math.hypot(dx, dy) || 1, [ux, uy] = [dx / size, dy / size];
    const x1 = x0 + dx, y1 = y0 + dy;
    for (const [colour, width] of [[theme.ink, 4.5], [classColour(k), 2.5]]) {
      pen.strokeStyle = pen.fillStyle = colour;
      pen.lineWidth = width;
      pen.beginPath(); pen.moveTo(x0, y0); pen.lineTo(x1 - 4 * ux, y1 - 4 * uy); pen.stroke();
      const wide = width === 4.5 ? 6 : 4, long = width === 4.5 ? 11 : 9;
      pen.beginPath(); pen.moveTo(x1, y1); pen.lineTo(x1 - long * ux + wide * uy, y1 - long * uy - wide * ux);
      pen.lineTo(x1 - long * ux - wide * uy, y1 - long * uy + wide * ux); pen.closePath(); pen.fill();
    }
    haloed(pen, String(k), x1 + 11 * ux, y1 + 11 * uy, theme);
  });
}

// How long a length of the plane is in the picture; a network may grow a hundredfold while the picture keeps its size.
function paintScaleBar(pen, frame, bar, theme) {
  const length = bar ?? roundUp(0.3 * frame.half), wide = length / (2 * frame.half) * frame.size, x = frame.x + 10, y = frame.y + frame.size - 12;
  pen.lineWidth = 2;
  pen.strokeStyle = theme.ink;
  pen.beginPath(); pen.moveTo(x, y - 4); pen.lineTo(x, y); pen.lineTo(x + wide, y); pen.lineTo(x + wide, y - 4); pen.stroke();
  pen.font = "11px system-ui, sans-serif";
  pen.textAlign = "left";
  pen.textBaseline = "bottom";
  haloed(pen, short(length), x + 4, y - 2, theme);
}

const NAME = 76, ROW = 30;  // pixels of a row's name, height of a row
export const unitsHeight = layers => ROW * (layers + 1);

// The name of each row of units.
const rowNames = count => Array.from({length: count}, (_, i) =>
  (i === 0 ? "input" : i === count - 1 ? "scores" : i === count - 2 ? "embedding" : count > 4 ? `units ${i}` : "units"));

// The values of all units at one point, one row per layer: a bar upwards for a positive value, downwards for a negative one, in proportion to the
// largest of its row; of a few units the values as text.
export function paintUnits(pen, width, rows, theme) {
  const names = rowNames(rows.length);
  pen.textBaseline = "middle";
  rows.forEach((values, row) => {
    const most = Math.max(...values.map(Math.abs)) || 1, middle = ROW * (row + 0.5), room = (width - NAME) / values.length;
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "left";
    pen.fillStyle = theme.muted;
    pen.fillText(names[row], 2, middle);
    pen.fillStyle = theme.faint;
    pen.fillRect(NAME, middle - 0.5, width - NAME, 1);
    values.forEach((value, i) => {
      const tall = value / most * (ROW / 2 - 3), few = values.length <= 8, x = NAME + i * room;
      pen.fillStyle = value >= 0 ? theme.positive : theme.negative;
      const thick = few ? Math.min(10, room * 0.4) : Math.max(0.8, room * 0.8);
      pen.fillRect(x + 0.1 * room, middle - Math.max(0, tall), thick, Math.abs(tall) || (value ? 1 : 0));
      if (few && room >= thick + 40) { pen.fillStyle = theme.ink; pen.fillText(short(value), x + 0.1 * room + thick + 4, middle); }
    });
  });
}

// The probed point in words.
export function followedPoint(rows, layers, probe) {
  const scores = rows.at(-1), on = layers.flatMap(({activation}, i) =>
    (activation === 1 || activation === "tanh" ? [] : [`${rows[i + 1].filter(v => v > 0).length} of ${rows[i + 1].length}`]));
  const best = scores.indexOf(Math.max(...scores)), probability = 1 / scores.reduce((sum, s) => sum + Math.exp(s - scores[best]), 0);
  const active = on.length ? `${on.join(", ")} units on → ` : "";
  return `Point (${probe.map(short).join(", ")}): ${active}embedding (${rows.at(-2).map(short).join(", ")}) → ` +
    (scores.filter(score => score === scores[best]).length > 1 ? "a tie" : `class ${best} with probability ${probability.toFixed(2)}`);
}
