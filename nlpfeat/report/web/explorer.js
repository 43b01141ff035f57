// The explorer: any measure of a study against any axis or other measure, one mark per member; the curve of the member under the pointer;
// and parallel coordinates, on which members are chosen by ranges.

import {paintAxes, paintLine, scale} from "./axes.js";
import {rising, SPLITS} from "./colours.js";
import {SHAPES} from "./drawing.js";
import {button, checkbox, csv, download, element, select, setText, slider} from "./elements.js";
import {beforeNextFrame, createFigure} from "./figure.js";
import {lastUpTo, median, quantile, setting, short, whole} from "./numbers.js";
import {createParallel} from "./parallel.js";
import {createStore} from "./state.js";

const MAX_CURVES = 100;  // of members that differ only in the seed

// members: {ids, axes: [{name, label, values}], measures: [{name, family, split, label, group, about, formula, steps, values}], headline, first,
// baseline}; values of a measure are Float32Arrays (members × steps). onpick(id) shows a member elsewhere, and says whether it could.
export function createExplorer(prefix, members, onpick) {
  const {axes, measures} = members, count = members.ids.length;
  const steps = [...new Set(measures.flatMap(measure => measure.steps))].sort((a, b) => a - b);
  const further = axes.filter(({name}) => name !== "seed" && name !== "width");
  const store = createStore({up: members.headline, across: axes[0].name, log: "", step: steps.at(-1) ?? 0, colour: "", member: "", all: false, brush: "",
    ...Object.fromEntries(further.map(({name}) => [`only.${name}`, "all"]))}, prefix);
  const named = new Map([...axes, ...measures].map(one => [one.name, one]));
  const isAxis = name => axes.some(axis => axis.name === name);
  const known = (name, otherwise) => (named.has(name) ? name : otherwise);
  const up = () => known(store.get("up"), members.headline), across = () => known(store.get("across"), axes[0].name);

  // The values of an axis, or of a measure at the chosen step, for all members.
  const cache = new Map();
  function valuesOf(name) {
    const one = named.get(name);
    if (isAxis(name)) return one.values;
    const place = lastUpTo(one.steps, store.get("step")), key = `${name} ${place}`;  // before its first step: that one, and the caption says so
    if (!cache.has(key)) {
      if (cache.size > 60) cache.clear();
      cache.set(key, Float64Array.from({length: count}, (_, i) => one.values[i * one.steps.length + place]));
    }
    return cache.get(key);
  }
  const isLog = name => {
    const one = named.get(name);
    if (isAxis(name)) return one.log;
    return store.get("log").split(",").includes(name);
  };

  // Members that the lists and brushes leave.
  let kept = [], brushes = {};
  function choose() {
    const only = further.filter(({name}) => store.get(`only.${name}`) !== "all").map(({name, values}) => [values, Number(store.get(`only.${name}`))]);
    brushes = Object.fromEntries(store.get("brush").split(";").map(text => /^(.+):([^:]+):([^:]+)$/.exec(text)).filter(Boolean).map(([, name, low, high]) => [name, [Number(low), Number(high)]]).filter(([name]) => named.has(name)));
    const ranges = Object.entries(brushes).map(([name, range]) => [valuesOf(name), range]);
    kept = [];
    for (let i = 0; i < count; i++)
      if (only.every(([values, v]) => values[i] === v) && ranges.every(([values, [low, high]]) => values[i] >= low && values[i] <= high)) kept.push(i);
  }

  // --- the plot
  let dots = {members: [], x: [], y: []}, own = members.ids.indexOf(store.get("member"));
  const colourAxis = () => further.find(({name}) => name === store.get("colour"));
  const plot = createFigure({name: () => `${up()}-against-${across()}`, label: "every member", height: width => Math.round(Math.min(430, Math.max(280, 0.62 * width))), keys: true, paint: paintPlot});

  function paintPlot(pen, width, height, theme) {
    const box = {left: 62, top: 28, right: width - 24, bottom: height - 42}, [xs, ys] = [valuesOf(across()), valuesOf(up())], logs = [isLog(across()), isLog(up())];
    const fits = (v, log) => Number.isFinite(v) && (!log || v > 0), here = kept.filter(i => fits(xs[i], logs[0]) && fits(ys[i], logs[1]));
    const base = up() === members.headline ? members.baseline : null;
    const spread = (values, log, extra) => {
      let low = Infinity, high = -Infinity;
      for (const i of here) { const v = values[i]; if (v < low) low = v; if (v > high) high = v; }
      if (extra !== null) { low = Math.min(low, extra); high = Math.max(high, extra); }
      if (!(high >= low)) return [0, 1];
      const margin = log ? (high / low) ** 0.04 : 0.04 * (high - low || Math.abs(high) || 1);
      return log ? [low / margin, high * margin] : [low - margin, high + margin];
    };
    const [xl, xh] = spread(xs, logs[0], null), [yl, yh] = spread(ys, logs[1], base);
    const list = isAxis(across()) ? [...new Set(here.map(i => xs[i]))].sort((a, b) => a - b) : null;
    const x = scale({low: xl, high: xh, log: logs[0], from: box.left, to: box.right, list}), y = scale({low: yl, high: yh, log: logs[1], from: box.bottom, to: box.top});
    paintAxes(pen, box, x, y, {xLabel: named.get(across()).label, yLabel: named.get(up()).label, xText: short, yText: short}, theme);
    if (base !== null) {
      paintLine(pen, [xl, xh], [base, base], x, y, {colour: theme.muted, width: 1.5, dash: [7, 5]});
      pen.font = "12px system-ui, sans-serif"; pen.textAlign = "right"; pen.textBaseline = "bottom"; pen.fillStyle = theme.muted;
      pen.fillText("chance: best constant prediction", box.right - 2, y.at(base) - 2);
    }
    const colour = colourAxis(), shades = colour ? levelsOf(colour) : [null];
    const groups = shades.map((level, k) => ({level, k, colour: colour ? rising(shades.length > 1 ? 0.92 * k / (shades.length - 1) : 0) : theme.line,
      members: colour ? here.filter(i => colour.values[i] === level) : here}));
    for (const group of groups) {
      if (list) paintBand(pen, group, xs, ys, x, y, shades.length === 1);
      paintMarks(pen, group, xs, ys, x, y, colour);
    }
    if (colour) paintLegend(pen, box, groups, colour, theme);
    dots = {members: here, x: here.map(i => x.at(xs[i])), y: here.map(i => y.at(ys[i]))};
    const place = here.indexOf(own);
    if (place >= 0) { pen.strokeStyle = theme.accent; pen.lineWidth = 2.5; pen.beginPath(); pen.arc(dots.x[place], dots.y[place], 8, 0, 2 * Math.PI); pen.stroke(); }
    setText(table, kept.length === count ? "members as CSV" : `${whole(kept.length)} members as CSV`);
    const missing = kept.length - here.length, at = isAxis(up()) ? across() : up(), shown = named.get(at), step = isAxis(at) ? null : shown.steps[lastUpTo(shown.steps, store.get("step"))];
    setText(plot.caption, `${whole(here.length)} of ${whole(count)} members${step === null ? "" : ` at step ${whole(step)}`}${missing ? `, ${whole(missing)} without this value` : ""}${here.length || isAxis(up()) ? "" : `: it is known at step ${named.get(up()).steps.map(whole).join(", ")}`}`);
    plot.describe(`${named.get(up()).label} against ${named.get(across()).label}, ${whole(here.length)} members. Arrow keys go from member to member, Enter shows one.`);
  }

  // Median and quartiles at each value of an axis.
  function paintBand(pen, group, xs, ys, x, y, filled) {
    const at = bandOf(group.members, xs, ys);
    if (filled && at.x.length > 1) {
      pen.globalAlpha = 0.18; pen.fillStyle = group.colour;
      pen.beginPath();
      at.x.forEach((v, k) => { if (k) pen.lineTo(x.at(v), y.at(at.high[k])); else pen.moveTo(x.at(v), y.at(at.high[k])); });
      for (let k = at.x.length - 1; k >= 0; k--) pen.lineTo(x.at(at.x[k]), y.at(at.low[k]));
      pen.fill();
      pen.globalAlpha = 1;
    }
    paintLine(pen, at.x, at.median, x, y, {colour: group.colour, width: 2.5});
  }
  function paintMarks(pen, {members: some, k, colour}, xs, ys, x, y, shaped) {
    const size = count > 3000 ? 1.8 : 3, shape = SHAPES[shaped ? k % SHAPES.length : 0];
    pen.fillStyle = colour;
    pen.globalAlpha = count > 500 ? 0.45 : 0.65;
    pen.beginPath();
    for (const i of some) {
      const px = x.at(xs[i]), py = y.at(ys[i]);
      if (count > 3000 && !shaped) { pen.rect(px - 1.5, py - 1.5, 3, 3); continue; }
      for (let c = 0; c < shape.length; c++) if (c) pen.lineTo(px + size * shape[c][0], py + size * shape[c][1]); else pen.moveTo(px + size * shape[c][0], py + size * shape[c][1]);
    }
    pen.fill();
    pen.globalAlpha = 1;
  }
  function paintLegend(pen, box, groups, axis, theme) {
    pen.font = "12px system-ui, sans-serif"; pen.textAlign = "left"; pen.textBaseline = "middle";
    const few = groups.length > 8 ? groups.filter((_, k) => k % Math.ceil(groups.length / 8) === 0) : groups;
    let x = box.left + 8;
    pen.fillStyle = theme.muted;
    pen.fillText(`${axis.label}:`, x, box.top - 8);
    x += pen.measureText(`${axis.label}:`).width + 12;
    for (const {level, k, colour} of few) {
      pen.fillStyle = colour;
      pen.beginPath();
      SHAPES[k % SHAPES.length].forEach(([a, b], c) => { if (c) pen.lineTo(x + 4 * a, box.top - 8 + 4 * b); else pen.moveTo(x + 4 * a, box.top - 8 + 4 * b); });
      pen.fill();
      pen.fillStyle = theme.ink;
      pen.fillText(setting(level), x + 9, box.top - 8);
      x += 26 + pen.measureText(setting(level)).width;
    }
  }

  // --- the curve of a member
  const curves = createFigure({name: () => `curve-${members.ids[own] ?? ""}`, label: "curve of a member", height: width => Math.round(Math.min(430, Math.max(280, 0.62 * width))), paint: paintCurves});
  const curveOf = (measure, i) => measure.values.subarray(i * measure.steps.length, (i + 1) * measure.steps.length);
  const alike = i => members.ids.map((_, k) => k).filter(k => axes.every(({name, values}) => name === "seed" || values[k] === values[i])).slice(0, MAX_CURVES);

  function paintCurves(pen, width, height, theme) {
    const measure = measures.find(one => one.name === up());
    if (!measure || own < 0) return;
    const family = measures.filter(one => one.family === measure.family), box = {left: 62, top: 28, right: width - 24, bottom: height - 42};
    const others = alike(own).map(k => curveOf(measure, k)), lines = family.map(one => curveOf(one, own)), log = isLog(up());
    const all = [...others, ...lines].flatMap(line => Array.from(line).filter(v => Number.isFinite(v) && (!log || v > 0)));
    if (!all.length) return;
    let low = Infinity, high = -Infinity;
    for (const v of all) { if (v < low) low = v; if (v > high) high = v; }
    if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
    const x = scale({low: measure.steps[0], high: measure.steps.at(-1), from: box.left, to: box.right}), y = scale({low, high, log, from: box.bottom, to: box.top});
    paintAxes(pen, box, x, y, {xLabel: "step", yLabel: measure.family.replaceAll("_", " "), xText: whole, yText: short}, theme);
    for (const line of others) paintLine(pen, measure.steps, line, x, y, {colour: theme.faint, width: 1});
    const dashes = {train: [7, 4], validation: [2, 4]};
    let at = box.right;
    family.forEach((one, k) => {
      const colour = SPLITS[one.split] ?? theme.line;
      paintLine(pen, one.steps, lines[k], x, y, {colour, width: 2.5, dash: dashes[one.split] ?? []});
      if (one.steps.length === 1) { pen.fillStyle = colour; pen.beginPath(); pen.arc(x.at(one.steps[0]), y.at(lines[k][0]), 4, 0, 2 * Math.PI); pen.fill(); }
      pen.font = "12px system-ui, sans-serif"; pen.textAlign = "right"; pen.textBaseline = "middle"; pen.fillStyle = theme.ink;
      const text = one.split || "value";
      pen.fillText(text, at, box.top - 12);
      at -= pen.measureText(text).width + 6;
      pen.strokeStyle = colour; pen.lineWidth = 2.5; pen.setLineDash(dashes[one.split] ?? []);
      pen.beginPath(); pen.moveTo(at - 26, box.top - 12); pen.lineTo(at, box.top - 12); pen.stroke();
      pen.setLineDash([]);
      at -= 40;
    });
  }
  const settingsOf = i => axes.map(({name, label, values}) => `${name === "width" ? name : label} ${setting(values[i])}`).join(", ");
  const aboutMember = element("p", {class: "caption", role: "status"});
  function describeMember(i, picked = false) {
    own = i;
    if (i < 0) return;
    setText(curves.caption, settingsOf(i));
    setText(aboutMember, `${settingsOf(i)}: ${named.get(up()).label} ${short(valuesOf(up())[i])} · member ${members.ids[i]}${picked ? " · now on the left above" : ""}`);
    curves.describe(`${named.get(up()).label} over training, ${settingsOf(i)}; pale: networks that differ only in the seed`);
  }
  function showMember(i, picked) {
    describeMember(i, picked);
    plot.paint();
    curves.paint();
  }

  const nearest = event => {
    const [px, py] = plot.at(event);
    let best = -1, most = 14;
    for (let k = 0; k < dots.members.length; k++) { const d = Math.hypot(dots.x[k] - px, dots.y[k] - py); if (d < most) { most = d; best = dots.members[k]; } }
    return best;
  };
  const pick = i => { if (i >= 0) { store.set({member: members.ids[i]}); showMember(i, onpick(members.ids[i])); } };
  plot.canvas.addEventListener("pointermove", event => { const i = nearest(event); if (i >= 0 && i !== own) showMember(i); });
  plot.canvas.addEventListener("click", event => pick(nearest(event)));
  plot.canvas.addEventListener("keydown", event => {
    const by = {ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1}[event.key];
    if (event.key === "Enter") pick(own);
    if (!by || !dots.members.length) return;
    event.preventDefault();
    const order = dots.members.map((_, k) => k).sort((a, b) => dots.x[a] - dots.x[b] || dots.y[a] - dots.y[b]).map(k => dots.members[k]);
    showMember(order[(order.indexOf(own) + by + order.length) % order.length]);
  });

  // --- parallel coordinates
  const parallel = createParallel({
    ids: members.ids, columns: () => [...axes.map(axis => axis.name), ...members.first].filter((name, k, all) => all.indexOf(name) === k).map(name =>
      ({name, label: named.get(name).label, values: valuesOf(name), log: isLog(name)})),
    colour: i => { const axis = colourAxis() ?? axes[0], list = levelsOf(axis); return rising(list.length > 1 ? 0.92 * list.indexOf(axis.values[i]) / (list.length - 1) : 0); },
    kept: () => kept, brushes: () => brushes,
    onbrush(name, range) {
      const next = {...brushes};
      if (range) next[name] = range; else delete next[name];
      store.set({brush: Object.entries(next).map(([key, [low, high]]) => `${key}:${low}:${high}`).join(";")});
    },
  });
  const levels = new Map();
  const levelsOf = axis => { if (!levels.has(axis.name)) levels.set(axis.name, [...new Set(axis.values)].sort((a, b) => a - b)); return levels.get(axis.name); };

  // --- controls
  const option = one => [one.name, one.label], groups = [...new Set(measures.map(one => one.group))];
  const first = members.first.map(name => option(named.get(name)));
  const optionsOf = all => [{group: "settings", options: axes.map(option)}, {group: "to start with", options: first},
    ...(all ? groups.map(group => ({group, options: measures.filter(one => one.group === group).map(option)})) : [])];
  const ups = element("span"), acrosses = element("span"), allBox = checkbox({label: `all ${measures.length} measures`, onchange: value => store.set({all: value})});
  const logUp = checkbox({label: "log scale", onchange: value => setLog(up(), value)}), aboutUp = element("p", {class: "caption"});
  const setLog = (name, on) => store.set({log: [...new Set([...store.get("log").split(",").filter(one => one && one !== name), ...(on ? [name] : [])])].join(",")});
  const stepSlider = slider({label: "step of the measures", words: whole, onchange: k => store.set({step: steps[k]})});
  const onlies = further.map(axis => select({label: axis.label, options: [["all", "all"], ...levelsOf(axis).map(v => [v, setting(v)])], onchange: value => store.set({[`only.${axis.name}`]: value})}));
  const colourBy = select({label: "colour by", options: [["", "nothing"], ...further.map(option)], onchange: value => store.set({colour: value})});
  const table = button("members as CSV", () => {
    const heads = ["member", ...axes.map(one => one.name), ...measures.map(one => one.name)], columns = [...axes, ...measures].map(one => valuesOf(one.name));
    download("members.csv", csv([heads, ...kept.map(i => [members.ids[i], ...columns.map(values => (Number.isFinite(values[i]) ? values[i] : ""))])]), "text/csv");
  });
  const clear = button("clear the ranges", () => store.set({brush: ""}));

  function showControls() {
    const all = store.get("all") || !members.first.includes(up()) && !isAxis(up()) || !members.first.includes(across()) && !isAxis(across());
    const upSelect = select({label: "up", options: optionsOf(all), onchange: value => store.set({up: value})}), acrossSelect = select({label: "across", options: optionsOf(all), onchange: value => store.set({across: value})});
    const focused = [ups, acrosses].find(place => place.contains(document.activeElement));
    ups.replaceChildren(upSelect.element); acrosses.replaceChildren(acrossSelect.element);
    upSelect.set(up()); acrossSelect.set(across());
    focused?.querySelector("select").focus();
    allBox.set(all); logUp.set(isLog(up())); logUp.input.disabled = isAxis(up());
    stepSlider.set(lastUpTo(steps, store.get("step")), steps);
    further.forEach((axis, k) => onlies[k].set(store.get(`only.${axis.name}`)));
    colourBy.set(store.get("colour")); colourBy.element.hidden = !further.length;
    clear.hidden = !store.get("brush");
    const one = named.get(up());
    setText(aboutUp, one.about ? `${one.label}: ${one.about}${one.formula ? `. ${one.formula}` : ""}` : "");
  }
  const redraw = () => { choose(); plot.paint(); curves.paint(); parallel.paint(); }, redrawSoon = beforeNextFrame(redraw);
  store.subscribe(changed => {
    if (changed.has("step")) cache.clear();
    if (!(changed.size === 1 && changed.has("member"))) { showControls(); describeMember(own); redrawSoon(); }
  });
  const explorer = {
    store, redraw, valuesOf, get kept() { return kept; }, get dots() { return dots; }, get own() { return own; }, pick, showMember, parallel,
    band: () => bandOf(dots.members, valuesOf(across()), valuesOf(up())),
    curve: () => measures.filter(one => one.family === measures.find(m => m.name === up())?.family).map(one => [one.split, Array.from(curveOf(one, own))]),
    at: id => { const k = dots.members.indexOf(members.ids.indexOf(id)), box = plot.canvas.getBoundingClientRect(); return [box.left + dots.x[k] * box.width / plot.width, box.top + dots.y[k] * box.height / plot.height]; },
    element: element("div", {class: "explorer"},
      element("div", {class: "controls"}, ups, acrosses, logUp.element, allBox.element, stepSlider.element, ...onlies.map(one => one.element), colourBy.element, table),
      aboutUp, element("div", {class: "two plain"}, plot.element, curves.element), aboutMember,
      element("details", {class: "more"}, element("summary", {}, "choose members by ranges (parallel coordinates)"), element("div", {class: "controls"}, clear), parallel.element)),
  };
  showControls();
  choose();
  showMember(own >= 0 ? own : medianMember());
  return explorer;

  // The member of median value, to begin with.
  function medianMember() {
    const ys = valuesOf(up()), here = members.ids.map((_, i) => i).filter(i => Number.isFinite(ys[i]));
    if (!here.length) return 0;
    const middle = median(here.map(i => ys[i]));
    return here.reduce((best, i) => (Math.abs(ys[i] - middle) < Math.abs(ys[best] - middle) ? i : best), here[0]);
  }
}

// Quartiles of y at each value of x, of some members.
function bandOf(some, xs, ys) {
  const groups = new Map();
  for (const i of some) { if (!groups.has(xs[i])) groups.set(xs[i], []); groups.get(xs[i]).push(ys[i]); }
  const x = [...groups.keys()].sort((a, b) => a - b), sorted = x.map(v => groups.get(v).sort((a, b) => a - b));
  const [low, middle, high] = [0.25, 0.5, 0.75].map(share => sorted.map(values => quantile(values, share)));
  return {x, low, median: middle, high};
}
