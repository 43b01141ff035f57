// Training of a network on points of the plane, as nlpfeat trains: full batch, mean cross-entropy, Adam with L2 added to the gradient.
// Parameters are float32, as JAX keeps them; sums are float64.

import {applyLayer, layersAt, sizeOf} from "./net.js";
import {streamOf} from "./numbers.js";

const BETA_1 = 0.9, BETA_2 = 0.999, EPSILON = 1e-8;  // Kingma & Ba 2015

// The network 2 → width → … → width → 2 → classes with `depth` hidden layers; without any it is linear.
export function networkOf({width, depth, activation, classes}) {
  const shapes = [], activations = [];
  for (let layer = 0; layer < depth; layer++) { shapes.push([width, layer ? width : 2]); activations.push(activation); }
  shapes.push([2, depth ? width : 2], [classes, 2]);
  return {shapes, activations: [...activations, 1, 1]};
}

// Initial parameters: weights and biases uniform in ±1/√inputs, PyTorch's default and nlpfeat's.
export function initialParameters(net, seed) {
  const uniform = streamOf(seed, "weights"), parameters = new Float32Array(sizeOf(net));
  let place = 0;
  for (const [out, inputs] of net.shapes) {
    const bound = 1 / Math.sqrt(inputs);
    for (let k = 0; k < out * (inputs + 1); k++) parameters[place++] = bound * (2 * uniform() - 1);
  }
  return parameters;
}

// A network at the start of training; `moments` are Adam's running means of the gradient and of its square.
export const startTraining = (net, parameters) =>
  ({net, parameters: Float32Array.from(parameters), moments: [0, 1].map(() => new Float32Array(parameters.length)), step: 0});

// Arrays that all steps share, for a network and a number of points.
export function workspace(net, count) {
  const rows = n => Array.from({length: n}, () => new Float64Array(count));
  return {
    parameters: new Float64Array(sizeOf(net)), gradient: new Float64Array(sizeOf(net)),
    values: net.shapes.map(([out]) => rows(out)), slopes: net.shapes.map(([out]) => rows(out)),
  };
}

// Loss and accuracy of training points, and the gradient of the loss in `work.gradient`. data: {x, y, labels}, Float64Arrays and classes.
export function lossAndGradient({net, parameters}, {x, y, labels}, work) {
  work.parameters.set(parameters);
  const layers = layersAt(net, work.parameters), inputs = [[x, y], ...work.values], n = labels.length;
  layers.forEach((layer, i) => applyLayer(layer, inputs[i], work.values[i]));
  const {loss, accuracy} = softmaxInto(work.values.at(-1), work.slopes.at(-1), labels);
  const gradients = layersAt(net, work.gradient);
  for (let i = layers.length - 1; i >= 0; i--) {
    const {weight, activation, out} = layers[i], ends = work.slopes[i], own = work.values[i];
    for (let unit = 0; unit < out; unit++) {
      const slope = ends[unit], value = own[unit];
      if (activation === "tanh") for (let k = 0; k < n; k++) slope[k] *= 1 - value[k] * value[k];
      else if (activation !== 1) for (let k = 0; k < n; k++) if (value[k] < 0 || (value[k] === 0 && activation === 0)) slope[k] *= activation;
      let sum = 0;
      for (let k = 0; k < n; k++) sum += slope[k];
      gradients[i].bias[unit] = sum;
    }
    const before = inputs[i], back = i ? work.slopes[i - 1] : null;
    for (let from = 0; from < before.length; from++) {
      const value = before[from], to = back?.[from];
      to?.fill(0);
      for (let unit = 0; unit < out; unit++) {
        const slope = ends[unit], w = weight[unit * before.length + from];
        let sum = 0;
        if (to) for (let k = 0; k < n; k++) { const s = slope[k]; sum += s * value[k]; to[k] += w * s; }
        else for (let k = 0; k < n; k++) sum += slope[k] * value[k];
        gradients[i].weight[unit * before.length + from] = sum;
      }
    }
  }
  return {loss, accuracy};
}

// Mean cross-entropy in nats and accuracy; the derivative of the mean by each score is written into `slopes`.
function softmaxInto(scores, slopes, labels) {
  const n = labels.length, classes = scores.length;
  let loss = 0, right = 0;
  for (let k = 0; k < n; k++) {
    let best = 0, sum = 0;
    for (let c = 1; c < classes; c++) if (scores[c][k] > scores[best][k]) best = c;
    const most = scores[best][k], own = labels[k];
    for (let c = 0; c < classes; c++) sum += slopes[c][k] = Math.exp(scores[c][k] - most);
    for (let c = 0; c < classes; c++) slopes[c][k] /= sum * n;
    slopes[own][k] -= 1 / n;
    loss += Math.log(sum) + most - scores[own][k];
    if (best === own) right++;
  }
  return {loss: loss / n, accuracy: right / n};
}

// One step of Adam, in place. Returns loss and accuracy before it.
export function trainStep(training, data, {rate, decay}, work) {
  const found = lossAndGradient(training, data, work), {parameters, moments: [first, second]} = training, {gradient} = work;
  training.step++;
  const scale = 1 / (1 - BETA_1 ** training.step), spread = 1 / (1 - BETA_2 ** training.step);
  for (let k = 0; k < parameters.length; k++) {
    const g = gradient[k] + decay * parameters[k];
    first[k] = BETA_1 * first[k] + (1 - BETA_1) * g;
    second[k] = BETA_2 * second[k] + (1 - BETA_2) * g * g;
    parameters[k] -= rate * first[k] * scale / (Math.sqrt(second[k] * spread) + EPSILON);
  }
  return found;
}
