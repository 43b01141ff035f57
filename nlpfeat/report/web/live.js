// A network that trains while it is shown: in a worker, or on the page itself in a browser without workers.

import {lastUpTo, short, whole} from "./numbers.js";
import {createTrainer} from "./trainer.js";

const KEPT = 4000;  // recorded steps of a curve; of more, every second one is dropped

// onchange() is called when an answer has arrived. `script` is the trainer's source.
export function createLive(script, onchange) {
  let worker = null, handle = null, waiting = false, runs = 0;
  const live = {
    inWorker: false, version: 0, step: 0, parameters: null, loss: NaN, accuracy: NaN, test: null, running: false, diverged: false,
    curve: {every: 1, steps: [], loss: [], accuracy: []}, furthest: 0,
    start(message) { live.version++; live.furthest = 0; live.parameters = null; live.running = false; live.diverged = false; live.curve = {every: 1, steps: [], loss: [], accuracy: []}; send({kind: "start", version: live.version, ...message}); },
    send,
    // Ask for the present state, unless an answer is on its way.
    look() { if (!waiting && live.parameters) { waiting = true; send({kind: "look"}); } },
  };
  const take = found => {
    waiting = false;
    if (found.version !== live.version) return;  // of the network before
    const {curve, ended, ...rest} = found;
    Object.assign(live, rest);
    if (ended === runs) live.running = false;
    live.furthest = Math.max(live.furthest, live.step);
    if (curve) record(live.curve, curve);
    onchange();
  };
  try {
    worker = new Worker(URL.createObjectURL(new Blob([script], {type: "text/javascript"})));
    worker.onmessage = event => take(event.data);
    worker.onerror = event => { throw new Error(`the trainer stopped: ${event.message}`); };
    live.inWorker = true;
  } catch {  // no workers, or none for a page that was opened from a file
    handle = createTrainer(found => setTimeout(take, 0, found));
  }
  function send(message) {
    if (message.kind === "run") { live.running = true; message.run = ++runs; }
    if (message.kind === "pause" || message.kind === "go") live.running = false;
    if (worker) worker.postMessage(message); else handle(message);
  }
  return live;
}

// Add what was recorded; a training that was rewound first loses what it now writes anew.
function record(curve, {from, steps, loss, accuracy}) {
  if (from !== null) {
    const keep = curve.steps.findIndex(step => step >= from);
    if (keep >= 0) for (const part of [curve.steps, curve.loss, curve.accuracy]) part.length = keep;
  }
  steps.forEach((step, k) => {
    if (step % curve.every) return;
    curve.steps.push(step); curve.loss.push(loss[k]); curve.accuracy.push(accuracy[k]);
  });
  if (curve.steps.length > KEPT) {
    curve.every *= 2;
    const kept = curve.steps.map(step => step % curve.every === 0);
    for (const name of ["steps", "loss", "accuracy"]) curve[name] = curve[name].filter((_, k) => kept[k]);
  }
}

// How a live run stands beside what a study recorded of it, {steps, loss}; empty where the curve does not hold that step.
export function besideRecord(live, record) {
  const place = lastUpTo(record.steps, live.step), at = record.steps[place], loss = at === live.step ? live.loss : live.curve.loss[live.curve.steps.indexOf(at)];
  return loss === undefined ? "" : `at step ${whole(at)} the study recorded a loss of ${short(record.loss[place])}, this run has ${short(loss)}`;
}

// What a message to a trainer may hold of points.
export const plainPoints = ({x, y, labels}) => ({x, y, labels});
