// The learning curve of a network that trains: its loss and accuracy so far, in front of the record of a study.

import {paintAxes, paintLine, scale} from "./axes.js";
import {short, whole} from "./numbers.js";

export const CURVE_HEIGHT = 116;
const LEAST = 1e-9;  // of a loss that is drawn

// live: {curve, step, furthest}; record: {steps, loss} or null.
export function paintLearningCurve(pen, width, height, {curve, step, furthest}, record, theme) {
  const last = Math.max(50, furthest, record?.steps.at(-1) ?? 0), box = {left: 44, top: 20, right: width - 44, bottom: height - 22};
  const x = scale({low: 0, high: last, from: box.left, to: box.right}), losses = [...curve.loss, ...(record?.loss ?? [])].filter(v => v > LEAST);
  let low = 0.5, high = 2;
  for (const v of losses) { if (v < low) low = v; if (v > high) high = v; }
  const y = scale({low, high, log: true, from: box.bottom, to: box.top});
  const right = scale({low: 0, high: 1, from: box.bottom, to: box.top, list: [0, 0.5, 1]});
  paintAxes(pen, box, x, y, {xText: whole, yText: v => (v < 0.01 || v >= 10_000 ? v.toExponential(0).replace("-", "−") : short(v))}, theme);
  pen.textAlign = "left"; pen.textBaseline = "middle"; pen.fillStyle = theme.muted;
  for (const v of right.ticks) pen.fillText(`${100 * v} %`, box.right + 6, right.at(v));
  if (record) paintLine(pen, record.steps, record.loss, x, y, {colour: theme.muted, width: 4, dash: [2, 6]});
  paintLine(pen, curve.steps, curve.accuracy, x, right, {colour: theme.muted, width: 1.6, dash: [6, 4]});
  paintLine(pen, curve.steps, curve.loss, x, y, {colour: theme.line, width: 2.2});
  pen.strokeStyle = theme.accent; pen.lineWidth = 1.5;
  pen.beginPath(); pen.moveTo(x.at(step), box.top); pen.lineTo(x.at(step), box.bottom); pen.stroke();
  pen.textBaseline = "alphabetic"; pen.textAlign = "left"; pen.fillStyle = theme.ink;
  pen.fillText(`— loss, nats${record ? "   ∙∙∙ the study's record" : ""}`, 4, 13);
  pen.textAlign = "right";
  pen.fillText("- - correct", width - 4, 13);
}
