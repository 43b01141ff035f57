// The functions of the page of maps: labels where there is room, search, coordinates as CSV.

// Show the names in view that do not overlap: selected points first, then those of the largest weight.
function labels({source, shown, plot, number}) {
  const data = source.data, chosen = new Set(source.selected.indices);
  const x = data["x" + number], y = data["y" + number];
  const {start: left, end: right} = plot.x_range, {start: low, end: high} = plot.y_range;
  const width = plot.inner_width || plot.width, height = plot.inner_height || plot.height;
  const order = [...data.name.keys()].sort((a, b) =>
    chosen.has(b) - chosen.has(a) || data.weight[b] - data.weight[a]);
  const boxes = [], now = {x: [], y: [], name: [], colour: []};
  for (const i of order) {
    if (boxes.length >= 120 || (chosen.size > 0 && !chosen.has(i))) break;
    const px = (x[i] - left) / (right - left) * width, py = (y[i] - low) / (high - low) * height;
    const box = [px + 5, py + 3, px + 5 + 6.2 * data.name[i].length, py + 16];
    const outside = box[0] < 0 || box[2] > width || box[1] < 0 || box[3] > height;
    if (outside || boxes.some(b => b[0] < box[2] && box[0] < b[2] && b[1] < box[3] && box[1] < b[3])) continue;
    boxes.push(box);
    now.x.push(x[i]); now.y.push(y[i]); now.name.push(data.name[i]); now.colour.push(data.colour[i]);
  }
  shown.data = now;
}

// Select the names that equal the query, else those that begin with it, else those that contain it.
function search({source, found, value}) {
  const query = value.trim().toLowerCase(), names = source.data.name.map(name => name.toLowerCase());
  const where = fits => names.flatMap((name, i) => fits(name) ? [i] : []);
  let hits = where(name => name === query);
  if (query && hits.length === 0) hits = where(name => name.startsWith(query));
  if (query.length > 2 && hits.length === 0) hits = where(name => name.includes(query));
  source.selected.indices = query ? hits : [];
  const listed = hits.slice(0, 12).map(i => source.data.name[i]).join(", ") + (hits.length > 12 ? " …" : "");
  // Escaped, because a name may contain markup.
  const escaped = listed.replace(/[&<>]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;"}[c]));
  found.text = !query ? "" : hits.length ? `${hits.length} found: ${escaped}` : "no such name on this map";
}

// Clear the selection and the search.
function clear({source, found, field}) {
  source.selected.indices = [];
  field.value = ""; field.value_input = "";
  found.text = "";
}

// Download all points with their coordinates on each map.
function save({source, titles, columns, kind}) {
  const data = source.data, quote = text => `"${String(text).replaceAll('"', '""')}"`;
  const heads = [kind, ...columns, ...titles.flatMap(t => [`${t}: x`, `${t}: y`])];
  const lines = data.name.map((name, i) => [
    quote(name), ...columns.map(column => typeof data[column][i] === "string" ? quote(data[column][i]) : data[column][i]),
    ...titles.flatMap((_, n) => [data["x" + n][i], data["y" + n][i]])].join(","));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([[heads.map(quote).join(","), ...lines].join("\n") + "\n"], {type: "text/csv"}));
  link.download = `${kind}_map.csv`;
  link.click();
}
