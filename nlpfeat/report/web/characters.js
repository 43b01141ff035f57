// What character networks write over training: stored samples, by network, step and temperature.

import {element, select, setText, slider} from "./elements.js";
import {lastUpTo, setting, whole} from "./numbers.js";
import {createStore} from "./state.js";

// data: {prompt, temperatures, networks: [{label, steps, texts}]}; texts[step][temperature] is a text, with the same random numbers throughout.
export function createCharacters(prefix, data) {
  const last = data.networks.length - 1;
  const store = createStore({net: String(last), written: data.networks[last].steps.at(-1), temperature: data.temperatures[Math.floor(data.temperatures.length / 2)]}, `${prefix}write.`);
  const net = () => data.networks[Number(store.get("net"))] ?? data.networks[last];
  const which = select({label: "network", options: data.networks.map(({label}, k) => [k, label]), onchange: value => store.set({net: value})});
  const step = slider({label: "step of training", words: whole, onchange: k => store.set({written: net().steps[k]})});
  const temperature = slider({label: "temperature", words: v => `${setting(v)}${v <= 0.3 ? ", nearly always the likeliest" : v >= 1.2 ? ", daring" : ""}`, onchange: k => store.set({temperature: data.temperatures[k]})});
  const prompt = element("span", {class: "prompt"}, data.prompt), text = element("span");
  const show = () => {
    const {steps, texts} = net(), place = lastUpTo(steps, store.get("written")), warmth = lastUpTo(data.temperatures, store.get("temperature"));
    which.set(store.get("net")); step.set(place, steps); temperature.set(warmth, data.temperatures);
    setText(text, texts[place][warmth]);
  };
  store.subscribe(show);
  show();
  return {store, get text() { return text.textContent; },
    element: element("div", {},
      element("p", {class: "caption"}, "Grey: the prompt. Each text is drawn with the same random numbers, so that differences are due to the network, its step and the temperature, by which the logits are divided before drawing."),
      element("div", {class: "controls"}, which.element, step.element, temperature.element), element("pre", {class: "written", tabindex: 0}, prompt, text))};
}
