// Points in the address: five characters each, coordinates in 4,096 steps of the window.

import {WINDOW} from "./scene.js";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

const pack = v => {
  const step = Math.max(0, Math.min(4095, Math.round((v + WINDOW) / (2 * WINDOW) * 4095)));
  return DIGITS[step >> 6] + DIGITS[step & 63];
};
const unpack = text => Number((((DIGITS.indexOf(text[0]) << 6) + DIGITS.indexOf(text[1])) / 4095 * 2 * WINDOW - WINDOW).toFixed(3));

export const packPoints = points => points.map(({x, y, label}) => pack(x) + pack(y) + DIGITS[label]).join("");

// The points of a text; what is none of them is left out.
export const unpackPoints = text => (text.match(/[\w-]{4}[0-7]/g) ?? []).map(part => ({x: unpack(part), y: unpack(part.slice(2)), label: Number(part[4])}));
