// The unwarper: networks of a study, chosen by sliders, drawn on the input plane and in their embedding, in one view or two.
// Everything is computed here from the stored parameters; net.js has the arithmetic, drawing.js the pictures.

const unwarpers = {};

// Start an unwarper and draw it. `metadata` is JSON, `parameters` are those of all networks; views and controls hold Bokeh models.
function startUnwarper({name, metadata: text, parameters, points, labels, grid, views, controls}) {
  const metadata = JSON.parse(text);
  const index = new Map(metadata.nets.map((net, i) => [net.at.join(), i]));
  const page = unwarpers[name] = {name, metadata, views, controls, index, playing: null, alone: false};
  // Plain copies, because Bokeh's arrays have no subarray.
  page.parameters = Float64Array.from(parameters);
  page.points = Float64Array.from(points);
  page.labels = Uint8Array.from(labels);
  page.grid = {...metadata.grid, x: Float64Array.from(grid.x), y: Float64Array.from(grid.y)};
  page.redraw = () => { setTimeout(() => page.playing?.next()); for (const view of Object.values(views)) drawView(page, view); };
  page.redraw();
  return page;
}

// Show both views, or the first one by itself.
function compare(name, both) {
  unwarpers[name].alone = !both;
  document.getElementById(`${name}-views`).classList.toggle("alone", !both);
  unwarpers[name].redraw();
}

// The network that a view's sliders select, or undefined.
const chosen = (page, view) => page.metadata.nets[page.index.get(view.axes.map(slider => slider.value).join())];

// Index and value of the stored step that is shown: the last one up to the slider's step.
function stepOf(page, net) {
  const wanted = page.metadata.steps[page.controls.step.value], all = page.metadata.step_lists[net.steps];
  const place = lastUpTo(all, wanted);
  return {place, step: all[place]};
}

function layersOf(page, net, place) {
  const size = net.shapes.reduce((sum, [out, inputs]) => sum + out * (inputs + 1), 0);
  return layersAt(net, page.parameters, net.offset + place * size);
}

// The training points of a network: x, y, class.
function pointsOf(page, net) {
  const {start, count} = page.metadata.points[net.points], total = page.labels.length;
  const part = from => page.points.subarray(from + start, from + start + count);
  return {x: part(0), y: part(total), labels: page.labels.subarray(start, start + count)};
}

// A network at a step: its layers, linear regions and folds, and the images of the points and of the grid.
// Cached per view until another network or step is shown.
function netAt(page, view, net) {
  const {place, step} = stepOf(page, net), key = `${net.id} ${place}`;
  if (view.known?.key !== key) {
    const layers = layersOf(page, net, place), embed = layers.slice(0, -1), {regions, folds} = linearRegions(embed, page.metadata.window);
    const data = pointsOf(page, net), image = forward(embed, [data.x, data.y]), scores = applyLayer(layers.at(-1), image);
    const accuracy = data.labels.reduce((sum, own, k) => sum + (winner(scores, k) === own), 0) / data.labels.length;
    view.known = {key, net, step, layers, regions, folds, data, image, warped: forward(embed, [page.grid.x, page.grid.y]), accuracy};
  }
  return view.known;
}

// Draw one view from the state of all controls.
function drawView(page, view) {
  if (page.alone && view === page.views.b) return;
  const net = chosen(page, view);
  if (!net) { setText(page, view, "note", "This page does not contain that network: move a slider."); return; }
  const known = netAt(page, view, net), probe = [page.controls.x.value ?? 0, page.controls.y.value ?? 0];
  drawPlane(page, view, known);
  view.probe.data = {x: [probe[0]], y: [probe[1]]};
  const where = drawSpace(page, view, known, probe);
  drawUnits(view, known.layers, probe);
  setText(page, view, "space", where);
  const shades = {on: "; light: many units on, dark: few", areaFactor: "; red enlarges areas, blue shrinks them"}[page.controls.ground.value] ?? "";
  setText(page, view, "plane", `Input: ${known.regions.length.toLocaleString("en")} linear regions in this square${shades}`);
  setText(page, view, "note", describeNet(page, known));
  setText(page, view, "point", follow(known.layers, probe));
  view.shown = {net: net.id, step: known.step, regions: known.regions.length, accuracy: known.accuracy};
}

// Set a line of text of a view.
function setText(page, view, what, text) {
  const side = view === page.views.a ? "a" : "b", line = document.getElementById(`${page.name}-${side}-${what}`);
  if (line.textContent !== text) line.textContent = text;
}

// Turn announcements of screen readers on or off: off while a play changes the network many times per second.
function announce(page, aloud) {
  for (const side of ["a", "b"]) document.getElementById(`${page.name}-${side}-note`).setAttribute("aria-live", aloud ? "polite" : "off");
}

// The network of a view, in words.
function describeNet(page, {net, step, accuracy}) {
  const who = page.metadata.axes.map(({name, values}, i) => `${name.replaceAll("_", " ")} ${values[net.at[i]]}`).join(", ");
  const wanted = page.metadata.steps[page.controls.step.value];
  const behind = step < wanted ? `, the last one kept before ${wanted.toLocaleString("en")}` : "";
  return `${who ? who + ", " : ""}step ${step.toLocaleString("en")}${behind}: ${(100 * accuracy).toFixed(1)} % of its training points correct (${net.id})`;
}

// The path of a point through the network, in words.
function follow(layers, probe) {
  const rows = trace(layers, ...probe), scores = rows.at(-1);
  const on = layers.flatMap(({negativeSlope}, i) => negativeSlope === 1 ? [] : [`${rows[i + 1].filter(v => v > 0).length} of ${rows[i + 1].length}`]);
  const best = scores.indexOf(Math.max(...scores)), probability = 1 / scores.reduce((sum, s) => sum + Math.exp(s - scores[best]), 0);
  return `Point (${probe.map(short).join(", ")}): ${on.join(", ")} units on → embedding (${rows.at(-2).map(short).join(", ")}) → ` +
    (scores.filter(score => score === scores[best]).length > 1 ? "a tie" : `class ${best} with probability ${probability.toFixed(2)}`);
}

// Follow the training point nearest to a position in the embedding, or on the way there.
function pickNearest(page, view, x, y) {
  const [xs, ys] = view.moved, {data} = view.known;
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

// Move a slider from its start, or its present value, to its end within some seconds; called again, stop.
// A frame is requested once the previous one is drawn: Bokeh then paints first, at most 60 times per second, and no frame is
// computed without being painted.
function play(page, which, button, seconds) {
  const slider = page.controls[which], label = button.label;
  if (page.playing) { page.playing.stop(); if (page.playing.which === which) { page.playing = null; return; } }
  const from = slider.value >= slider.end ? slider.start : slider.value, whole = slider.end - slider.start;
  let began = null, frames = 0, asked = null;
  const stop = () => { cancelAnimationFrame(asked); button.label = label; announce(page, true); };
  const next = () => { cancelAnimationFrame(asked); asked = requestAnimationFrame(frame); };
  const frame = now => {
    began ??= now;
    const value = Math.min(slider.end, from + whole * (now - began) / 1000 / seconds), place = slider.step >= 1 ? Math.floor(value) : value;
    if (place === slider.value) next();
    else { slider.value = place; frames++; }
    if (value >= slider.end) { page.fps = 1000 * frames / (performance.now() - began); stop(); page.playing = null; }
  };
  page.playing = {which, stop, next};
  button.label = "❚❚ Pause";
  announce(page, false);
  next();
}
