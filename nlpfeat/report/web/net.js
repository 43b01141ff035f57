// A network on points of the plane, computed in float64 from float32 parameters: its layers, forward pass and predictions.
// A network is {shapes: [[out, inputs], …], activations}: for each layer the slope of its activation for negative inputs (0 for ReLU, 1 for
// none), or "tanh". A layer is {weight, bias, activation, out, inputs}: x -> a(W x + b), W row by row.

// The number of parameters of a network.
export const sizeOf = net => net.shapes.reduce((sum, [out, inputs]) => sum + out * (inputs + 1), 0);

// The layers of a network, views of its parameters from `offset`: by layer, the weight row by row before the bias.
export function layersAt(net, parameters, offset = 0) {
  return net.shapes.map(([out, inputs], i) => {
    const weight = parameters.subarray(offset, offset += out * inputs);
    const bias = parameters.subarray(offset, offset += out);
    return {weight, bias, activation: net.activations[i], out, inputs};
  });
}

// The values of a layer, one Float64Array (n,) per unit, in the rows `found` where they are given. `values`, its inputs, are Float64Arrays too: mixed kinds of arrays are slow.
export function applyLayer({weight, bias, activation, out, inputs}, values, found = []) {
  const n = values[0].length;
  for (let unit = 0; unit < out; unit++) {
    const row = found[unit] ??= new Float64Array(n), start = bias[unit];
    const a = weight[unit * inputs], first = values[0];
    if (inputs > 1) {
      const b = weight[unit * inputs + 1], second = values[1];
      for (let k = 0; k < n; k++) row[k] = start + a * first[k] + b * second[k];
    } else for (let k = 0; k < n; k++) row[k] = start + a * first[k];
    for (let i = 2; i < inputs; i++) {
      const w = weight[unit * inputs + i], from = values[i];
      for (let k = 0; k < n; k++) row[k] += w * from[k];
    }
    if (activation === "tanh") for (let k = 0; k < n; k++) row[k] = Math.tanh(row[k]);
    else if (activation === 0) for (let k = 0; k < n; k++) { if (row[k] < 0) row[k] = 0; }
    else if (activation !== 1) for (let k = 0; k < n; k++) if (row[k] < 0) row[k] *= activation;
  }
  return found;
}

// The values after all layers; [x, y] are two arrays (n,), each value one Float64Array (n,).
export const forward = (layers, points) => layers.reduce((values, layer) => applyLayer(layer, values), points);

// The values after each layer, the point itself first: an array of arrays.
export function trace(layers, x, y) {
  const found = [[Float64Array.of(x), Float64Array.of(y)]];
  for (const layer of layers) found.push(applyLayer(layer, found.at(-1)));
  return found.map(values => values.map(value => value[0]));
}

// The index of the largest of several scores, each at point k.
export function winner(scores, k) {
  let best = 0;
  for (let i = 1; i < scores.length; i++) if (scores[i][k] > scores[best][k]) best = i;
  return best;
}

// The share of points whose largest score is that of their class.
export function accuracyOf(scores, labels) {
  let right = 0;
  for (let k = 0; k < labels.length; k++) if (winner(scores, k) === labels[k]) right++;
  return right / labels.length;
}

// Whether a network is piecewise linear, so that its regions are exact.
export const isPiecewiseLinear = layers => layers.every(({activation}) => activation !== "tanh");

// Hidden units that are inactive at every point: [dead, all]. Only units with ReLU can be.
export function deadUnits(layers, points) {
  let values = points, dead = 0, all = 0;
  for (const layer of layers) {
    values = applyLayer(layer, values);
    if (layer.activation !== 0) continue;
    all += layer.out;
    dead += values.filter(row => row.every(v => v <= 0)).length;
  }
  return [dead, all];
}
