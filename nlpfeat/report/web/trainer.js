// A trainer: it trains one network while others paint. It runs in a worker, or on the page where there are none.
//
// It is sent
//   {kind: "start", version, net, parameters, data, test, rate, decay}   data and test: {x, y, labels}; test may be null
//   {kind: "data", data, test}, {kind: "recipe", rate, decay}   both take effect at the next step
//   {kind: "run", run, until, perSecond, rest}, {kind: "pause"}    run: its number; rest: milliseconds left to others after each stretch of training
//   {kind: "go", step}, {kind: "look"}
// and answers "look", and whatever changes the step, with
//   {version, step, parameters, loss, accuracy, test, curve, ended, diverged}
// where `ended` is the number of the last run that came to its end, and curve holds what was recorded since the last answer: {from, steps, loss, accuracy}.

import {createHistory, recall, remember} from "./rewind.js";
import {accuracyOf, forward, layersAt} from "./net.js";
import {lossAndGradient, startTraining, trainStep, workspace} from "./train.js";

const CHUNK = 5;  // milliseconds of training between two looks at the messages

export function createTrainer(post) {
  let training = null, history = null, work = null, data = null, test = null, recipe = null, curve = null;
  let version = 0, ended = 0, last = null, goal = null, diverged = false, begun = 0;
  const {port1, port2} = new MessageChannel();  // turns of the event loop without the delay of a timer
  let due = false;  // whether a turn is on its way: there is never more than one
  port1.onmessage = () => turn();
  const next = wait => {
    if (due) return;
    due = true;
    if (wait) setTimeout(turn, wait); else port2.postMessage(0);
  };

  const forget = from => {
    curve = {from, steps: [], loss: [], accuracy: []};
  };
  const step = () => {
    const at = training.step, found = trainStep(training, data, recipe, work);
    if (!Number.isFinite(found.loss)) { diverged = true; finish(); return; }
    last = found;
    curve.steps.push(at); curve.loss.push(found.loss); curve.accuracy.push(found.accuracy);
    remember(history, training);
  };
  const finish = () => {
    ended = goal?.run ?? ended;
    goal = null;
  };
  const answer = () => {
    // While it runs, those of the step before are near enough; at rest they are of the parameters that are sent.
    const {loss, accuracy} = goal !== null && last ? last : lossAndGradient(training, data, work);
    let held = null;
    if (test && !diverged) {
      const layers = layersAt(training.net, Float64Array.from(training.parameters));
      held = accuracyOf(forward(layers, [test.x, test.y]), test.labels);
    }
    post({version, step: training.step, parameters: training.parameters.slice(), loss, accuracy, test: held, curve, ended, diverged});
    forget(null);
  };
  const turn = () => {
    due = false;
    if (goal === null) return;
    const start = performance.now();
    const {until, perSecond} = goal;
    while (goal !== null && training.step < until && performance.now() - start < CHUNK) {
      if (perSecond && goal.done >= 1 + (performance.now() - begun) / 1000 * perSecond) break;
      step();
      if (goal) goal.done++;
    }
    if (goal !== null && training.step >= until) finish();
    if (goal === null) answer();
    else next(goal.rest);
  };
  const take = message => {
    data = message.data ?? data;
    test = message.test === undefined ? test : message.test;
    work = workspace(training.net, data.labels.length);
  };
  const handlers = {
    start(message) {
      version = message.version;
      last = null;
      training = startTraining(message.net, message.parameters);
      recipe = {rate: message.rate, decay: message.decay};
      history = createHistory(training.parameters.length);
      goal = null; diverged = false;
      forget(0);
      take(message);
      remember(history, training);
      answer();
    },
    data: take,
    recipe({rate, decay}) { recipe = {rate, decay}; },
    run({run, until, perSecond, rest = 0}) {
      if (diverged) { ended = run; answer(); return; }
      goal = {run, until, perSecond, rest: perSecond ? 4 : rest, done: 0};
      begun = performance.now();
      next(0);
    },
    pause() { goal = null; },
    go({step: wanted}) {
      goal = null;
      if (wanted < training.step || diverged) {
        training = recall(history, wanted);
        diverged = false;
        forget(training.step);
      }
      while (training.step < wanted && !diverged) step();
      answer();
    },
    look() { answer(); },
  };
  return message => handlers[message.kind](message);
}

// In a worker, start listening. A page has a window, and a worker has none.
if (typeof window === "undefined" && typeof self !== "undefined" && typeof self.postMessage === "function") {
  const handle = createTrainer(found => self.postMessage(found));
  self.onmessage = event => handle(event.data);
}
