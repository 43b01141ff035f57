// The unwarper: networks of a study, chosen by sliders, on the input plane and in their embedding, in one view or two. All is computed
// from their stored parameters.

import {button, checkbox, element, isNarrow, numberField, reducedMotion, select, setText, slider} from "./elements.js";
import {full} from "./figure.js";
import {forward, layersAt, sizeOf} from "./net.js";
import {createNetView, GROUNDS, VIEW_DEFAULTS} from "./net_view.js";
import {lastUpTo, roundUp, setting, whole} from "./numbers.js";
import {extentOf, gridOf, WINDOW} from "./scene.js";
import {isDrawable} from "./motion.js";
import {createStore} from "./state.js";

const STEPS_PER_SECOND = 25, MIN_SECONDS = 2, WAY_SECONDS = 6;
const WAYS = Array.from({length: 201}, (_, k) => k / 200);
const SIDES = ["a", "b"], NAMES = {a: "left network", b: "right network"};

// nets: {axes: [{name, label, values}], step_lists, nets: [{id, at, steps, shapes, activations, offset, points}], parameters, points, radius, start}
export function createUnwarper(prefix, nets, dark) {
  const index = new Map(nets.nets.map((net, i) => [net.at.join(), i]));
  const steps = [...new Set(nets.step_lists.flat())].sort((a, b) => a - b), grid = gridOf(nets.radius);
  const chosenAt = (side, axis) => nets.axes[axis].values[nets.start[side === "a" ? 0 : 1][axis]];
  const store = createStore({
    ...VIEW_DEFAULTS, step: steps.at(-1), compare: true,
    ...Object.fromEntries(SIDES.flatMap(side => nets.axes.map(({name}, axis) => [`${name}.${side}`, chosenAt(side, axis)]))),
  }, prefix);
  const scales = new Map();
  let playing = null;

  const sides = Object.fromEntries(SIDES.map(side => {
    const view = createNetView({name: () => `${side === "a" ? "left" : "right"}-step-${store.get("step")}`, label: NAMES[side], store});
    const sliders = nets.axes.map(axis => slider({label: axis.label, words: setting, onchange: k => store.set({[`${axis.name}.${side}`]: axis.values[k]})}));
    view.element.prepend(element("div", {class: "controls settings"}, ...sliders.map(one => one.element)));
    return [side, {side, view, sliders}];
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

  function describe(net) {
    const named = nets.axes.map(({name, label, values}, axis) => (name === "width" ? `Width ${values[net.at[axis]]}` : `${label} ${setting(values[net.at[axis]])}`));
    const wanted = store.get("step"), step = stepsOf(net)[lastUpTo(stepsOf(net), wanted)];
    const behind = step < wanted ? `, the last one kept before ${whole(wanted)}` : "";
    return {step, words: `${[...named, `step ${whole(step)}`].join(", ")}${behind}`};
  }

  function show(side) {
    const net = netOf(side), {view} = sides[side];
    if (!net) { view.empty("This page does not contain that network: move a slider."); return; }
    const place = lastUpTo(stepsOf(net), store.get("step")), {words, step} = describe(net);
    const others = store.get("scale") === "fixed" ? shown().map(netOf).filter(Boolean).map(fixedExtent) : [];
    view.show({key: `${net.id} ${place}`, layers: layersOf(net, place), data: nets.points[net.points], grid, headline: words, step, net: net.id,
      id: `member ${net.id}`, extent: others.length ? Math.max(...others) : null});
  }

  // --- controls
  const step = slider({label: "step of training", words: whole, onchange: k => { stop(); store.set({step: steps[k]}); }});
  const way = slider({label: "way from the input", words: v => (v === 1 ? "at the embedding" : `${Math.round(100 * v)} %`), onchange: k => { stop(); store.set({way: WAYS[k]}); }});
  const train = button("▶ Training", () => play("step", steps, Math.max(MIN_SECONDS, steps.length / STEPS_PER_SECOND)), {class: "primary"});
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
    element("div", {class: "controls run stay"}, train, step.element, ...(narrow ? [] : ways),
      element("details", {class: "more"}, element("summary", {}, "more"), element("div", {class: "controls"}, ...(narrow ? ways : []), ground.element, folds.element, path.element,
        x.element, y.element, button("full screen", () => full(whole_)), dark()))),
    views);

  function showControls() {
    step.set(lastUpTo(steps, store.get("step")), steps);
    way.set(lastUpTo(WAYS, store.get("way") + 1e-9), WAYS);
    compare.set(store.get("compare")); fixed.set(store.get("scale") === "fixed"); ground.set(store.get("ground")); folds.set(store.get("folds")); path.set(store.get("path"));
    x.set(store.get("x")); y.set(store.get("y"));
    train.disabled = steps.length < 2;
    path.element.hidden = !shown().some(side => { const net = netOf(side); return net && isDrawable(layersOf(net, 0)); });
    views.classList.toggle("alone", !store.get("compare"));
    for (const {side, sliders} of Object.values(sides)) nets.axes.forEach(({name, values}, k) => sliders[k].set(lastUpTo(values, store.get(`${name}.${side}`)), values));
  }

  // Go through the values of a choice within some seconds, from its start or where it stands; called again, stop.
  function play(name, values, seconds) {
    const mine = playing?.name === name;
    stop();
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
    const both = [...changed].some(name => !name.includes("."));
    for (const side of shown()) if (both || [...changed].some(name => name.endsWith(`.${side}`))) show(side);
  });
  const unwarper = {
    element: whole_, store, sides, steps, fps: null, netOf, play, layersOf: side => layersOf(netOf(side), lastUpTo(stepsOf(netOf(side)), store.get("step"))),
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
