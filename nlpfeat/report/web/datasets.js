// Sets of points on the plane: {x, y, labels, classes}, x and y Float64Arrays. Shapes are those of nlpfeat's tasks.

import {normal, streamOf} from "./numbers.js";

// Of one's own: more points are thinned, more classes refused.
export const MAX_POINTS = 2000;
export const MAX_CLASSES = 8;

const collected = (points, classes) => ({
  x: Float64Array.from(points, p => p.x), y: Float64Array.from(points, p => p.y), labels: Uint8Array.from(points, p => p.label), classes,
});

// `arms` arms around the origin from radius .2 to 1, noise in radians on the angle. Source: A. Canziani's notebook of 2021.
function spirals({arms, points, noise}, uniform) {
  const found = [], each = Math.max(2, Math.round(points / arms));
  for (let label = 0; label < arms; label++)
    for (let i = 0; i < each; i++) {
      const t = i / (each - 1), angle = (2 * t + label) * 2 * Math.PI / arms + noise * normal(uniform), radius = 0.2 + 0.8 * t;
      found.push({x: radius * Math.sin(angle), y: radius * Math.cos(angle), label});
    }
  return collected(found, arms);
}

// A disc of radius .4 and a ring from .6 to 1, both uniform by area; noise is added to the coordinates.
function annulus({points, noise}, uniform) {
  const found = [];
  for (let i = 0; i < points; i++) {
    const label = i % 2, low = label ? 0.36 : 0, high = label ? 1 : 0.16;
    const radius = Math.sqrt(low + (high - low) * uniform()), angle = 2 * Math.PI * uniform();
    found.push({x: radius * Math.sin(angle) + noise * normal(uniform), y: radius * Math.cos(angle) + noise * normal(uniform), label});
  }
  return collected(found, 2);
}

// Two half circles, each reaching into the other; noise is added to the coordinates.
function moons({points, noise}, uniform) {
  const found = [];
  for (let i = 0; i < points; i++) {
    const label = i % 2, angle = Math.PI * uniform();
    const x = label ? 1 - Math.cos(angle) : Math.cos(angle), y = label ? 0.5 - Math.sin(angle) : Math.sin(angle);
    found.push({x: (x - 0.5) / 1.5 + noise * normal(uniform), y: (y - 0.25) / 1.5 + noise * normal(uniform), label});
  }
  return collected(found, 2);
}

// name -> words, points of a seed, usual noise
export const SHAPES = {
  spirals: {words: "spirals", make: spirals, noise: 0.2},
  annulus: {words: "disc in a ring", make: annulus, noise: 0},
  moons: {words: "two moons", make: moons, noise: 0.06},
};

// The points of a shape; `part` is train or test.
export const makePoints = (settings, part) => SHAPES[settings.shape].make(settings, streamOf(settings.seed, part));

// Points of one's own, each {x, y, label}.
export const ownPoints = points => collected(points, Math.max(2, 1 + Math.max(0, ...points.map(p => p.label))));

// Read a table of points: two columns of numbers and one of classes, with or without a row of names; commas, semicolons, tabs or spaces.
// Returns {points, names, notes}, scaled into the square from -1 to 1. Throws an Error that names the line and what is wrong.
export function parsePoints(text) {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/), rows = [];
  const separator = [";", "\t", ","].find(mark => lines.find(line => line.trim())?.includes(mark)) ?? /\s+/;
  const number = cell => (cell.trim() === "" ? NaN : Number(separator === ";" ? cell.replace(",", ".") : cell));
  let columns = null;
  lines.forEach((line, i) => {
    if (!line.trim()) return;
    const cells = line.trim().split(separator).map(cell => cell.trim().replace(/^"(.*)"$/, "$1"));
    if (cells.length < 3) throw new Error(`line ${i + 1}: a point needs x, y and a class, such as 0.3,0.2,red; this line has ${cells.length} of them`);
    if (columns === null) {
      const names = cells.map(cell => cell.toLowerCase()), find = (...wanted) => names.findIndex(name => wanted.includes(name));
      columns = [find("x", "x1", "x0"), find("y", "x2"), find("label", "class", "target", "c")];
      if (columns.includes(-1)) columns = [0, 1, 2];
      if (!Number.isFinite(number(cells[columns[0]]))) return;  // a row of names
    }
    const [x, y, name] = [number(cells[columns[0]] ?? ""), number(cells[columns[1]] ?? ""), cells[columns[2]]];
    if (!Number.isFinite(x) || !Number.isFinite(y)) throw new Error(`line ${i + 1}: ${cells.slice(0, 2).join(", ").slice(0, 40)} are not two numbers`);
    if (!name) throw new Error(`line ${i + 1}: the class is missing`);
    rows.push({x, y, name});
  });
  if (!rows.length) throw new Error("no points: a file has a line for each, with x, y and a class, such as 0.3,0.2,red");
  const names = [...new Set(rows.map(row => row.name))];
  names.sort(names.every(name => Number.isFinite(Number(name))) ? (a, b) => a - b : undefined);
  if (names.length > MAX_CLASSES) throw new Error(`${names.length} classes (${names.slice(0, 3).join(", ").slice(0, 40)} …): at most ${MAX_CLASSES} can be told apart here`);
  const notes = [], every = Math.ceil(rows.length / MAX_POINTS), kept = rows.filter((_, i) => i % every === 0);
  if (every > 1) notes.push(`one in ${every} of ${rows.length.toLocaleString("en")} points is used`);
  if (names.length < 2) notes.push("only one class, so there is nothing to learn");
  const middle = axis => { let low = Infinity, high = -Infinity; for (const row of kept) { low = Math.min(low, row[axis]); high = Math.max(high, row[axis]); } return [(low + high) / 2, (high - low) / 2]; };
  const [[mx, rx], [my, ry]] = [middle("x"), middle("y")], radius = Math.max(rx, ry) || 1, fits = Math.max(Math.abs(mx) + rx, Math.abs(my) + ry) <= 1.05;
  if (!fits) notes.push("coordinates are scaled into the square from −1 to 1");
  const points = kept.map(({x, y, name}) => (fits ? {x, y, label: names.indexOf(name)} : {x: (x - mx) / radius, y: (y - my) / radius, label: names.indexOf(name)}));
  return {points, names, notes};
}
