// The unwarper: nets of a study, picked by sliders, drawn on the plane and in their embedding, in one view or two.
// All that is drawn is computed here from the stored weights; see net.js.

const unwarpers = {};

// Start an unwarper and draw it. `about` is JSON, `numbers` the weights, views and controls hold Bokeh models.
function startUnwarper({name, about: text, numbers, points, labels, grid, views, controls}) {
  const about = JSON.parse(text);
  const index = new Map(about.nets.map((net, i) => [net.at.join(), i]));
  const page = unwarpers[name] = {name, about, views, controls, index, playing: null, alone: false};
  // Bokeh's arrays cannot be cut into parts: plain copies can.
  page.numbers = Float64Array.from(numbers);
  page.points = Float64Array.from(points);
  page.labels = Uint8Array.from(labels);
  page.grid = {...about.grid, x: Float64Array.from(grid.x), y: Float64Array.from(grid.y)};
  page.redraw = () => { for (const view of Object.values(views)) drawView(page, view); };
  page.redraw();
  return page;
}

// Show both views, or the first one by itself.
function compare(name, both) {
  unwarpers[name].alone = !both;
  document.getElementById(`${name}-views`).classList.toggle("alone", !both);
  unwarpers[name].redraw();
}

// The net that a view's sliders name, or undefined.
const chosen = (page, view) => page.about.nets[page.index.get(view.axes.map(slider => slider.value).join())];

// Which of a net's stored steps is shown: the last one up to the slider's.
function stepOf(page, net) {
  const wanted = page.about.steps[page.controls.step.value], all = page.about.steps_of[net.steps];
  const place = lastUpTo(all, wanted);
  return {place, step: all[place]};
}

function layersOf(page, net, place) {
  const size = net.shapes.reduce((sum, [out, inputs]) => sum + out * (inputs + 1), 0);
  return layersAt(net, page.numbers, net.start + place * size);
}

// The training points of a net: x, y, class.
function pointsOf(page, net) {
  const {start, count} = page.about.points[net.points], total = page.labels.length;
  const part = from => page.points.subarray(from + start, from + start + count);
  return {x: part(0), y: part(total), labels: page.labels.subarray(start, start + count)};
}

// What is known of a net at a step: its layers, linear regions and folds. Kept until another is asked for.
function netAt(page, view, net) {
  const {place, step} = stepOf(page, net), key = `${net.id} ${place}`;
  if (view.known?.key !== key) {
    const layers = layersOf(page, net, place), {pieces, folds} = linearRegions(layers.slice(0, -1), page.about.window);
    const data = pointsOf(page, net), scores = forward(layers, [data.x, data.y]);
    const right = data.labels.reduce((sum, own, k) => sum + (winner(scores, k) === own), 0) / data.labels.length;
    view.known = {key, net, step, layers, pieces, folds, data, right};
  }
  return view.known;
}

// Draw one view from the state of all controls.
function drawView(page, view) {
  if (page.alone && view === page.views.b) return;
  const net = chosen(page, view);
  if (!net) { say(page, view, "note", "This page does not hold that net: move a slider."); return; }
  const known = netAt(page, view, net), probe = [page.controls.x.value, page.controls.y.value];
  drawPlane(page, view, known);
  view.probe.data = {x: [probe[0]], y: [probe[1]]};
  say(page, view, "space", drawSpace(page, view, known, probe));
  drawUnits(view, known.layers, probe);
  const shades = {on: "; light: many units on, dark: few", stretch: "; red enlarges areas, blue shrinks them"}[page.controls.ground.value] ?? "";
  say(page, view, "plane", `Input: ${known.pieces.length.toLocaleString("en")} linear regions in this square${shades}`);
  say(page, view, "note", told(page, known));
  say(page, view, "point", follow(known.layers, probe));
  view.shown = {net: net.id, step: known.step, regions: known.pieces.length, right: known.right};
}

// Write a line of a view.
function say(page, view, what, text) {
  const side = view === page.views.a ? "a" : "b", line = document.getElementById(`${page.name}-${side}-${what}`);
  if (line.textContent !== text) line.textContent = text;
}

// The input plane: who owns what, or what the regions do; where units fold; the data. Nothing is drawn again that is there.
function drawPlane(page, view, {key, net, layers, pieces, folds, data}) {
  const head = layers.at(-1), {colours} = page.about, kind = page.controls.ground.value, lined = page.controls.folds.active.length > 0;
  if (view.drawn?.points !== net.points) view.dots.data = {x: data.x, y: data.y, ...dress(page, data.labels)};
  const wanted = {key, kind, lined, points: net.points}, same = view.drawn?.key === key;
  if (!same || view.drawn.kind !== kind) {
    const cells = {xs: [], ys: [], colour: []};
    if (kind === "classes") {
      const scored = pieces.map(piece => ({polygon: piece.polygon, map: through(head, piece.map)}));
      classCells(scored, head.out).forEach((own, k) => {
        const lines = outlines(own, page.about.window);
        cells.xs.push(joined(lines, 0)); cells.ys.push(joined(lines, 1)); cells.colour.push(colours.ground[k % colours.ground.length]);
      });
    } else if (kind !== "nothing") {
      const values = kind === "stretch" ? pieces.map(piece => Math.log10(stretch(piece.map) || 1e-6)) : pieces.map(piece => piece.on);
      const shade = scale(values, colours.scale, kind === "stretch");
      pieces.forEach(({polygon}, i) => {
        cells.xs.push(joined([polygon], 0)); cells.ys.push(joined([polygon], 1)); cells.colour.push(shade(values[i]));
      });
    }
    view.cells.data = cells;
  }
  if (!same || view.drawn.lined !== lined) {
    const shown = lined ? folds : [];
    view.folds.data = {x0: shown.map(f => f[0]), y0: shown.map(f => f[1]), x1: shown.map(f => f[2]), y1: shown.map(f => f[3])};
  }
  view.drawn = wanted;
}

// One coordinate of polygons, with NaN between them: drawn as one, without seams.
function joined(polygons, from) {
  const found = [];
  for (const polygon of polygons) {
    if (found.length) found.push(NaN);
    for (let k = from; k < polygon.length; k += 2) found.push(polygon[k]);
  }
  return Float64Array.from(found);
}

// Colours and markers of classes.
function dress({about: {colours}}, labels) {
  const of = list => Array.from(labels, label => list[label % list.length]);
  return {colour: of(colours.dots), marker: of(colours.markers)};
}

// A colour for each value along a scale; around 0 if `centred`.
function scale(values, colours, centred) {
  let low = Infinity, high = -Infinity;
  for (const v of values) { if (v < low) low = v; if (v > high) high = v; }
  if (centred) { high = Math.max(Math.abs(low), Math.abs(high)) || 1; low = -high; }
  const list = centred ? colours.centred : colours.rising;
  return v => list[Math.min(list.length - 1, Math.floor((v - low) / (high - low || 1) * list.length))];
}

// The plane on its way to the embedding; returns what to write above it.
function drawSpace(page, view, {net, layers, data}, probe) {
  const embed = layers.slice(0, -1), head = layers.at(-1), way = page.controls.way.value;
  const {grid} = page, inputs = [data.x, data.y];
  const lines = [grid.x, grid.y], point = [[probe[0]], [probe[1]]];
  const layered = page.controls.path.active === 1 && drawable(net), arrived = way === 1;
  let travel, where;
  if (layered) {
    const steps = stepsOf(layers), position = way * steps.length;
    const now = steps[Math.max(0, Math.ceil(position) - 1)];
    travel = part => walk(part, steps, position);
    where = arrived ? "Embedding" : `Layer ${now.layer}: ${now.told} (${now.sign})`;
  } else {
    travel = part => {
      const image = forward(embed, part);
      return part.map((from, d) => Float64Array.from(from, (v, k) => (1 - way) * v + way * image[d][k]));
    };
    where = arrived ? "Embedding" : `${Math.round(100 * way)} % of the way`;
    if (page.controls.path.active === 1) where += " (straight: a layer is not 2 → 2)";
  }
  const [x, y] = travel(inputs), [gx, gy] = travel(lines), [px, py] = travel(point);
  let reach = 0;
  for (const part of [x, y]) for (const v of part) if (Math.abs(v) > reach) reach = Math.abs(v);
  reach = 1.25 * (reach || 1);
  for (const range of [view.space.x_range, view.space.y_range]) { range.start = -reach; range.end = reach; }
  view.moved.data = {x, y, colour: view.dots.data.colour, marker: view.dots.data.marker};
  view.probed.data = {x: px, y: py};
  const cut = part => Array.from({length: grid.lines}, (_, i) => part.slice(i * grid.points, (i + 1) * grid.points));
  view.grid.data = {xs: cut(gx), ys: cut(gy)};
  const planar = arrived && head.inputs === 2, ground = {xs: [], ys: [], colour: []};
  const arrows = {x0: [], y0: [], x1: [], y1: [], colour: []};
  if (planar) {
    const whole = [{polygon: square(reach), map: through(head, [1, 0, 0, 0, 1, 0])}];
    classCells(whole, head.out).forEach((own, k) => own.forEach(polygon => {
      ground.xs.push(joined([polygon], 0)); ground.ys.push(joined([polygon], 1));
      ground.colour.push(page.about.colours.ground[k % page.about.colours.ground.length]);
    }));
    const longest = Math.max(...Array.from({length: head.out}, (_, k) => Math.hypot(head.weight[2 * k], head.weight[2 * k + 1])));
    for (let k = 0; k < head.out; k++) {
      const length = 0.6 * reach / longest;
      arrows.x0.push(0); arrows.y0.push(0);
      arrows.x1.push(length * head.weight[2 * k]); arrows.y1.push(length * head.weight[2 * k + 1]);
      arrows.colour.push(page.about.colours.dots[k % page.about.colours.dots.length]);
    }
  }
  view.ground.data = ground;
  view.arrows.data = arrows;
  const together = x.every(v => v === x[0]) && y.every(v => v === y[0]);  // no unit is on anywhere
  return `${where}, up to ±${short(reach)}${together ? ": all points lie on one place" : ""}`;
}

// The values of all units at the probed point: a row a layer.
function drawUnits(view, layers, [x, y]) {
  const rows = trace(layers, x, y), names = rows.map((_, i) =>
    i === 0 ? "input" : i === rows.length - 1 ? "scores" : i === rows.length - 2 ? "embedding" : `layer ${i}`);
  const data = {left: [], right: [], bottom: [], top: [], colour: [], name: [], value: []};
  const words = {x: [], y: [], text: [], colour: []};
  rows.forEach((values, row) => {
    const most = Math.max(...values.map(Math.abs)) || 1, bottom = rows.length - 1 - row;
    values.forEach((value, i) => {
      data.left.push(i / values.length); data.right.push((i + 1) / values.length);
      data.bottom.push(bottom + 0.12); data.top.push(bottom + 0.88);
      data.colour.push(mix(value / most)); data.name.push(`${names[row]}, ${i + 1} of ${values.length}`); data.value.push(value);
      if (values.length <= 8) {
        words.x.push((i + 0.5) / values.length); words.y.push(bottom + 0.5); words.text.push(short(value));
        words.colour.push(Math.abs(value) > 0.6 * most ? "#ffffff" : "#1a1a1a");
      }
    });
  });
  view.units_data.data = data;
  view.units_words.data = words;
  if (view.rows === rows.length) return;
  view.rows = view.units.y_range.end = rows.length;
  const ticks = names.map((_, i) => rows.length - 0.5 - i);
  view.units_axis.ticker.ticks = ticks;
  view.units_axis.major_label_overrides = new Map(ticks.map((tick, i) => [tick, names[i]]));
}

// From orange (-1) over white to blue (1).
function mix(share) {
  const [r, g, b] = share < 0 ? [213, 94, 0] : [0, 114, 178], t = Math.min(1, Math.abs(share));
  return `rgb(${[r, g, b].map(c => Math.round(255 + t * (c - 255))).join()})`;
}

// Which net a view shows, in words.
function told(page, {net, step, right}) {
  const who = page.about.axes.map(({name, values}, i) => `${name.replaceAll("_", " ")} ${values[net.at[i]]}`).join(", ");
  const wanted = page.about.steps[page.controls.step.value];
  const behind = step < wanted ? `, the last one kept before ${wanted.toLocaleString("en")}` : "";
  return `${who}, step ${step.toLocaleString("en")}${behind}: ${(100 * right).toFixed(1)} % of its training points right (${net.id})`;
}

// What becomes of a point, in words.
function follow(layers, probe) {
  const rows = trace(layers, ...probe), scores = rows.at(-1);
  const on = layers.flatMap(({slope}, i) => slope === 1 ? [] : [`${rows[i + 1].filter(v => v > 0).length} of ${rows[i + 1].length}`]);
  const best = scores.indexOf(Math.max(...scores)), chance = 1 / scores.reduce((sum, s) => sum + Math.exp(s - scores[best]), 0);
  return `Point (${probe.map(short).join(", ")}): ${on.join(", ")} units on → embedding (${rows.at(-2).map(short).join(", ")}) → ` +
    (scores.filter(score => score === scores[best]).length > 1 ? "a tie" : `class ${best} with probability ${chance.toFixed(2)}`);
}

// Follow the training point that lies nearest to a place in the embedding, or on the way there.
function pickNearest(page, view, x, y) {
  const {x: xs, y: ys} = view.moved.data, {data} = view.known;
  let nearest = 0;
  xs.forEach((_, k) => {
    if (Math.hypot(xs[k] - x, ys[k] - y) < Math.hypot(xs[nearest] - x, ys[nearest] - y)) nearest = k;
  });
  moveTo(page, data.x[nearest], data.y[nearest]);
}

// Follow another point.
function moveTo(page, x, y) {
  page.controls.x.value = Number(x.toFixed(4));
  page.controls.y.value = Number(y.toFixed(4));
}

// Move a slider from its start, or from where it is, to its end in some seconds; again: stop.
function play(page, which, button, seconds) {
  const slider = page.controls[which], label = button.label;
  if (page.playing) { page.playing.stop(); if (page.playing.which === which) { page.playing = null; return; } }
  const from = slider.value >= slider.end ? slider.start : slider.value, whole = slider.end - slider.start;
  let began = null, frames = 0, going = true;
  const stop = () => { going = false; button.label = label; };
  page.playing = {which, stop, rate: () => frames / ((performance.now() - began) / 1000)};
  button.label = "❚❚ Pause";
  const frame = now => {
    if (!going) return;
    began ??= now;
    const value = Math.min(slider.end, from + whole * (now - began) / 1000 / seconds);
    slider.value = slider.step >= 1 ? Math.floor(value) : value;
    frames++;
    if (value >= slider.end) { page.rate = page.playing.rate(); stop(); page.playing = null; return; }
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
