// How points of the plane move from the input to the embedding: in straight lines, or layer by layer in the steps of each layer's
// singular value decomposition: rotate, scale, reflect, rotate, shift, and multiply negative coordinates by the negative slope.
// A step is {layer, sign, description, move}; move([x, y], t) is the identity at t = 0 and the whole step at t = 1. Points are two arrays.

import {short} from "./numbers.js";

const rotateBy = angle => ([x, y], t) => {
  const c = Math.cos(t * angle), s = Math.sin(t * angle);
  return [x.map((_, k) => c * x[k] - s * y[k]), x.map((_, k) => s * x[k] + c * y[k])];
};
const scaleBy = (a, b) => ([x, y], t) => [x.map(v => v * (1 + t * (a - 1))), y.map(v => v * (1 + t * (b - 1)))];
const shiftBy = (a, b) => ([x, y], t) => [x.map(v => v + t * a), y.map(v => v + t * b)];
const bendBy = negativeSlope => (points, t) => points.map(part => part.map(v => v < 0 ? v * (1 + t * (negativeSlope - 1)) : v));

// W = left · reflection · diag(first, second) · right of a 2 × 2 weight, row by row; right and left are angles of rotations.
// Signs are chosen such that the largest entry of the first row of `right` is positive.
function decompose([a, b, c, d]) {
  let turn = 0.5 * Math.atan2(2 * (a * b + c * d), a * a + c * c - b * b - d * d);
  let [x, y] = [Math.cos(turn), Math.sin(turn)];
  if ((Math.abs(x) >= Math.abs(y) ? x : y) < 0) [x, y] = [-x, -y];
  const u = [a * x + b * y, c * x + d * y], first = Math.hypot(...u), determinant = a * d - b * c;
  const second = first > 0 ? Math.abs(determinant) / first : 0;
  return {
    right: Math.atan2(-y, x), first, second, reflected: determinant < 0,
    left: first > 0 ? Math.atan2(u[1], u[0]) : 0,
  };
}

// Whether every layer before the head is from plane to plane.
export const isDrawable = layers => layers.slice(0, -1).every(({out, inputs, activation}) => out === 2 && inputs === 2 && activation !== "tanh");

// The steps of all layers before the head; together they are the forward pass.
export function stepsOf(layers) {
  const found = [];
  layers.slice(0, -1).forEach(({weight, bias, activation: slope}, i) => {
    const {right, first, second, reflected, left} = decompose(weight), degrees = angle => short(angle * 180 / Math.PI) + "°";
    const add = (sign, description, move) => found.push({layer: i + 1, sign, description, move});
    add("Vᵀ", `rotate by ${degrees(right)}`, rotateBy(right));
    add("Σ", `scale by ${short(first)}, ${short(second)}`, scaleBy(first, second));
    if (reflected) add("±", "reflect: y → −y", scaleBy(1, -1));
    add("U", `rotate by ${degrees(left)}`, rotateBy(left));
    add("+ b", `shift by ${short(bias[0])}, ${short(bias[1])}`, shiftBy(bias[0], bias[1]));
    if (slope !== 1) add("( )⁺", `positive part: z < 0 → ${slope === 0 ? "0" : short(slope) + " z"}`, bendBy(slope));
  });
  return found;
}

// Points after `position` steps, the last of them part of the way.
export function walk(points, steps, position) {
  const whole = Math.min(Math.floor(position), steps.length);
  const there = steps.slice(0, whole).reduce((now, step) => step.move(now, 1), points);
  return whole === steps.length ? there : steps[whole].move(there, position - whole);
}
