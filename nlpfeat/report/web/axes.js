// Axes of a chart: scales, ticks and labels.

import {setting} from "./numbers.js";

// Rising round numbers in [low, high], some `count` of them.
export function ticks(low, high, count = 5) {
  const rough = (high - low) / count || 1, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].find(s => s * power >= rough) * power;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}

// A few of the powers of ten and their halves and fifths in [low, high], both positive.
export function logTicks(low, high) {
  const decades = Math.log10(high / low), steps = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5], found = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++)
    for (const s of steps) { const v = Number((s * 10 ** e).toPrecision(12)); if (v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9)) found.push(v); }
  const every = Math.ceil(found.length / 7);
  return found.length >= 2 ? found.filter((_, k) => k % every === 0) : ticks(low, high, 3);
}

// A scale: {at(v) -> pixel, back(pixel) -> v, ticks}. `from` and `to` are the pixels of low and high.
export function scale({low, high, log = false, from, to, list = null, count}) {
  if (log && low > 0) {
    const a = Math.log(low), b = Math.log(high), span = b - a || 1;
    return {low, high, at: v => from + (Math.log(v) - a) / span * (to - from), back: p => Math.exp(a + (p - from) / (to - from) * span), ticks: list ?? logTicks(low, high)};
  }
  const span = high - low || 1;
  return {low, high, at: v => from + (v - low) / span * (to - from), back: p => low + (p - from) / (to - from) * span, ticks: list ?? ticks(low, high, count)};
}

const FONT = "12px system-ui, sans-serif";

// The room of a chart's inside, and its axes with their labels. `x` and `y` are scales over it.
export function paintAxes(pen, {left, right, bottom}, x, y, {xLabel, yLabel, xText = setting, yText = setting}, theme) {
  pen.font = FONT;
  pen.lineWidth = 1;
  pen.strokeStyle = theme.faint;
  pen.beginPath();
  for (const v of y.ticks) { const p = Math.round(y.at(v)) + 0.5; pen.moveTo(left, p); pen.lineTo(right, p); }
  pen.stroke();
  pen.strokeStyle = theme.muted;
  pen.beginPath(); pen.moveTo(left, bottom + 0.5); pen.lineTo(right, bottom + 0.5);
  pen.fillStyle = theme.muted;
  pen.textBaseline = "middle";
  pen.textAlign = "right";
  for (const v of y.ticks) pen.fillText(yText(v), left - 6, y.at(v));
  pen.textAlign = "center";
  pen.textBaseline = "top";
  let free = -Infinity;
  for (const v of x.ticks) {
    const p = x.at(v), text = xText(v), half = pen.measureText(text).width / 2;
    pen.moveTo(p, bottom); pen.lineTo(p, bottom + 4);
    if (p - half < free) continue;
    pen.fillText(text, p, bottom + 7);
    free = p + half + 6;
  }
  pen.stroke();
  pen.fillStyle = theme.ink;
  if (xLabel) pen.fillText(xLabel, (left + right) / 2, bottom + 23);
  if (yLabel) { pen.textAlign = "left"; pen.textBaseline = "alphabetic"; pen.fillText(yLabel, 4, 13); }
}

// A line through points; a value that is none breaks it.
export function paintLine(pen, xs, ys, x, y, {colour, width = 2, dash = []}) {
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.lineJoin = "round";
  pen.setLineDash(dash);
  pen.beginPath();
  let on = false;
  for (let k = 0; k < xs.length; k++) {
    const px = x.at(xs[k]), py = y.at(ys[k]);
    if (!Number.isFinite(py)) { on = false; continue; }
    if (on) pen.lineTo(px, py); else pen.moveTo(px, py);
    on = true;
  }
  pen.stroke();
  pen.setLineDash([]);
}
