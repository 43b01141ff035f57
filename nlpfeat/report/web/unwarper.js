// The unwarper: networks of a study, chosen by sliders, on the input plane and in their embedding, in one view or two. All is computed
// from their stored parameters; from their first ones they train anew, live, beside the study's record.

import {button, checkbox, element, isNarrow, numberField, reducedMotion, select, setText, slider} from "./elements.js";
import {beforeNextFrame, full} from "./figure.js";
import {besideRecord, createLive, plainPoints} from "./live.js";
import {forward, layersAt, sizeOf} from "./net.js";
import {createNetView, GROUNDS, VIEW_DEFAULTS, VIEW_LIMITS} from "./net_view.js";
import {lastUpTo, roundUp, setting, whole} from "./numbers.js";
import {extentOf, gridOf, WINDOW} from "./scene.js";
import {isDrawable} from "./motion.js";
import {createStore} from "./state.js";

const STEPS_PER_SECOND = 25, MIN_SECONDS = 2, WAY_SECONDS = 6, LIVE_SECONDS = 8;
const WAYS = Array.from({length: 201}, (_, k) => k / 200);
const SIDES = ["a", "b"], NAMES = {a: "left network", b: "right network"};

// nets: {axes: [{name, label, values}], step_lists, nets: [{id, at, steps, shapes, activations, offset, points, recipe}], parameters, points, radius,
// start}; a recipe is {rate, decay}, or null where the page cannot train as the study did. recordOf(id) is {steps, loss} of the train split.
export function createUnwarper(prefix, nets, {dark, script, recordOf}) {
  const index = new Map(nets.nets.map((net, i) => [net.at.join(), i]));
  const steps = [...new Set(nets.step_lists.flat())].sort((a, b) => a - b), grid = gridOf(nets.radius);
  const chosenAt = (side, axis) => nets.axes[axis].values[nets.start[side === "a" ? 0 : 1][axis]];
  const store = createStore({
    ...VIEW_DEFAULTS, step: steps.at(-1), compare: true,
    ...Object.fromEntries(SIDES.flatMap(side => nets.axes.map(({name}, axis) => [`${name}.${side}`, chosenAt(side, axis)]))),
  }, prefix, VIEW_LIMITS);
  const scales = new Map();
  let playing = null;

  const sides = Object.fromEntries(SIDES.map(side => {
    const view = createNetView({name: () => `${side === "a" ? "left" : "right"}-step-${store.get("step")}`, label: NAMES[side], store});
    const sliders = nets.axes.map(axis => slider({label: axis.label, words: setting, onchange: k => store.set({[`${axis.name}.${side}`]: axis.values[k]})}));
    const note = element("p", {class: "note", role: "status", hidden: true});
    view.element.prepend(element("div", {class: "controls settings"}, ...sliders.map(one => one.element)));
    view.headline.after(note);
    return [side, {side, view, sliders, note, live: null, training: null}];  // training: the network that trains live, or null
  }));
  const shown = () => SIDES.filter(side => side === "a" || store.get("compare"));

  // The network that a side's sliders select, or undefined.
  const netOf = side => nets.nets[index.get(nets.axes.map(({name, values}) => lastUpTo(values, store.get(`${name}.${side}`))).join())];
  const stepsOf = net => nets.step_lists[net.steps];
  const layersOf = (net, place) => layersAt(net, nets.parameters, net.offset + place * sizeOf(net));

  // The largest extent of a network's images at some of its steps, for a picture at a fixed scale.
  function fixedExtent(net) {
    if (!scales.has(net.id)) {
      const last = stepsOf(net).length - 1, {x, y} = nets.points[net.points];
      const reached = [0, 0.25, 0.5, 0.75, 1].map(share => extentOf(forward(layersOf(net, Math.round(share * last)).slice(0, -1), [x, y])));
      scales.set(net.id, roundUp(Math.max(...reached)));
    }
    return scales.get(net.id);
  }

  const namesOf = net => nets.axes.map(({name, label, values}, axis) => (name === "width" ? `Width ${values[net.at[axis]]}` : `${label} ${setting(values[net.at[axis]])}`));
  function describe(net) {
    const wanted = store.get("step"), step = stepsOf(net)[lastUpTo(stepsOf(net), wanted)];
    const behind = step < wanted ? `, the last one kept before ${whole(wanted)}` : "";
    return {step, words: `${[...namesOf(net), `step ${whole(step)}`].join(", ")}${behind}`};
  }

  // --- live training
  const canTrain = net => Boolean(net?.recipe) && stepsOf(net)[0] === 0;
  function trainLive() {
    const before = shown().some(side => sides[side].training);
    stop();
    endLive();
    if (before) return;
    for (const side of shown()) {
      const one = sides[side], net = netOf(side);
      if (!canTrain(net)) continue;
      one.live ??= createLive(script, repaintLive);
      one.training = net;
      one.live.start({net, parameters: Float32Array.from(nets.parameters.subarray(net.offset, net.offset + sizeOf(net))), data: plainPoints(nets.points[net.points]), test: null, ...net.recipe});
      one.live.send({kind: "run", until: stepsOf(net).at(-1), perSecond: stepsOf(net).at(-1) / LIVE_SECONDS, rest: 0});
      one.view.announce(false);
    }
    setText(alive, "❚❚ Stop");
  }
  // Show stored networks again.
  function endLive() {
    for (const one of Object.values(sides)) {
      if (!one.training) continue;
      one.live.send({kind: "pause"});
      one.training = null;
      one.note.hidden = true;
      one.view.announce(true);
      show(one.side);
    }
    setText(alive, "▶ Train live");
  }
  const repaintLive = beforeNextFrame(() => {
    const there = shown().map(side => sides[side]).filter(({training, live}) => training && live.parameters);
    for (const {live} of there) if (live.running) live.look();
    for (const one of there) {
      const {live, training, view, note} = one, record = recordOf(training.id);
      if (!live.diverged)
        view.show({key: `live ${training.id} ${live.version} ${live.step}`, layers: layersAt(training, Float64Array.from(live.parameters)), data: nets.points[training.points], grid,
          headline: `${namesOf(training).join(", ")}, live at step ${whole(live.step)}`, step: live.step, net: training.id, id: `member ${training.id}, trained live`, extent: extentFor()});
      note.hidden = false;
      setText(note, live.diverged ? `Training diverged at step ${whole(live.step)}: the loss is no longer a number.` : record ? besideRecord(live, record) : `loss ${live.loss.toPrecision(3)} nats`);
      if (!live.running) view.announce(true);
    }
    if (there.length && there.every(({live}) => !live.running)) setText(alive, "Back to the stored");
  });
  const extentFor = () => (store.get("scale") === "fixed" ? Math.max(...shown().map(netOf).filter(Boolean).map(fixedExtent)) : null);

  function show(side) {
    const net = netOf(side), {view, training} = sides[side];
    if (training) { view.paint(); return; }
    if (!net) { view.empty("This page does not contain that network: move a slider."); return; }
    const place = lastUpTo(stepsOf(net), store.get("step")), {words, step} = describe(net);
    view.show({key: `${net.id} ${place}`, layers: layersOf(net, place), data: nets.points[net.points], grid, headline: words, step, net: net.id,
      id: `member ${net.id}`, extent: extentFor()});
  }

  // --- controls
  const step = slider({label: "step of training", words: whole, onchange: k => { stop(); store.set({step: steps[k]}); }});
  const way = slider({label: "way from the input", words: v => (v === 1 ? "at the embedding" : `${Math.round(100 * v)} %`), onchange: k => { stop(); store.set({way: WAYS[k]}); }});
  const train = button("▶ Training", () => play("step", steps, Math.max(MIN_SECONDS, steps.length / STEPS_PER_SECOND)), {class: "primary"});
  const alive = button("▶ Train live", trainLive, {title: "from the first weights, in this browser, beside the study's record"});
  const move = button("▶ Input → embedding", () => play("way", WAYS, WAY_SECONDS));
  const compare = checkbox({label: "two networks", onchange: value => store.set({compare: value})});
  const fixed = checkbox({label: "fixed scale", onchange: value => store.set({scale: value ? "fixed" : "free"})});
  const ground = select({label: "background of the input", options: GROUNDS, onchange: value => store.set({ground: value})});
  const folds = checkbox({label: "borders of linear regions", onchange: value => store.set({folds: value})});
  const path = select({label: "path to the embedding", options: [["straight", "straight"], ["layers", "layer by layer"]], onchange: value => store.set({path: value})});
  const x = numberField({label: "point: x", low: -WINDOW, high: WINDOW, onchange: value => store.set({x: value})});
  const y = numberField({label: "y", low: -WINDOW, high: WINDOW, onchange: value => store.set({y: value})});
  const views = element("div", {class: "two"}, sides.a.view.element, sides.b.view.element);
  const narrow = isNarrow(), ways = [way.element, move, compare.element, fixed.element];
  const whole_ = element("div", {class: "unwarper"},
    element("div", {class: "controls run stay"}, train, step.element, alive, ...(narrow ? [] : ways),
      element("details", {class: "more"}, element("summary", {}, "more"), element("div", {class: "controls"}, ...(narrow ? ways : []), ground.element, folds.element, path.element,
        x.element, y.element, button("full screen", () => full(whole_)), dark()))),
    views, element("p", {class: "caption swipe"}, "Swipe for the other network →"));

  function showControls() {
    step.set(lastUpTo(steps, store.get("step")), steps);
    way.set(lastUpTo(WAYS, store.get("way") + 1e-9), WAYS);
    compare.set(store.get("compare")); fixed.set(store.get("scale") === "fixed"); ground.set(store.get("ground")); folds.set(store.get("folds")); path.set(store.get("path"));
    x.set(store.get("x")); y.set(store.get("y"));
    train.disabled = steps.length < 2;
    alive.hidden = !nets.nets.some(canTrain);
    alive.disabled = !shown().some(side => canTrain(netOf(side)));
    path.element.hidden = !shown().some(side => { const net = netOf(side); return net && isDrawable(layersOf(net, 0)); });
    views.classList.toggle("alone", !store.get("compare"));
    for (const {side, sliders} of Object.values(sides)) nets.axes.forEach(({name, values}, k) => sliders[k].set(lastUpTo(values, store.get(`${name}.${side}`)), values));
  }

  // Go through the values of a choice within some seconds, from its start or where it stands; called again, stop.
  function play(name, values, seconds) {
    const mine = playing?.name === name;
    stop();
    if (name === "step") endLive();
    if (mine) return;
    const now = lastUpTo(values, store.get(name) + 1e-9), from = now >= values.length - 1 ? 0 : now;
    if (reducedMotion()) { store.set({[name]: values[from === now ? values.length - 1 : from]}); return; }
    let began = null, frames = 0;
    const frame = time => {
      began ??= time;
      const place = Math.min(values.length - 1, from + Math.floor((time - began) / 1000 / seconds * (values.length - 1)));
      if (values[place] !== store.get(name)) { store.set({[name]: values[place]}); frames++; }
      unwarper.fps = 1000 * frames / (performance.now() - began);
      if (place === values.length - 1) stop(); else playing.asked = requestAnimationFrame(frame);
    };
    playing = {name, asked: requestAnimationFrame(frame)};
    setText(name === "step" ? train : move, "❚❚ Pause");
    for (const {view} of Object.values(sides)) view.announce(false);
  }
  function stop() {
    if (!playing) return;
    cancelAnimationFrame(playing.asked);
    playing = null;
    setText(train, "▶ Training");
    setText(move, "▶ Input → embedding");
    for (const {view} of Object.values(sides)) view.announce(true);
  }

  store.subscribe(changed => {
    if (!playing || changed.has("compare")) showControls();
    else if (changed.has("step")) step.set(lastUpTo(steps, store.get("step")));
    else if (changed.has("way")) way.set(lastUpTo(WAYS, store.get("way") + 1e-9));
    const chosen = [...changed].some(name => name.includes(".") || name === "step" || name === "compare");
    if (chosen && shown().some(side => sides[side].training)) endLive();  // another network is asked for
    const both = [...changed].some(name => !name.includes("."));
    for (const side of shown()) if (both || [...changed].some(name => name.endsWith(`.${side}`))) show(side);
  });
  const unwarper = {
    element: whole_, store, sides, steps, fps: null, netOf, play, trainLive, layersOf: side => layersOf(netOf(side), lastUpTo(stepsOf(netOf(side)), store.get("step"))),
    get playing() { return playing; },
    redraw() { for (const side of shown()) show(side); },
    // Show a member on the left, where the page contains it; whether it does.
    pick(id) {
      const net = nets.nets.find(one => one.id === id);
      if (net) store.set(Object.fromEntries(nets.axes.map(({name, values}, k) => [`${name}.a`, values[net.at[k]]])));
      return Boolean(net);
    },
  };
  showControls();
  unwarper.redraw();
  return unwarper;
}
