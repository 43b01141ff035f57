// The colours of pictures, light and dark. Classes have colours that stay apart with any of the common colour-vision deficiencies
// (Okabe & Ito 2008), and a shape and a number besides, so that nothing is told by colour alone.

const CLASSES = ["#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00", "#999999"];
export const SPLITS = {train: "#E69F00", validation: "#009E73", test: "#0072B2"};

const THEMES = {
  light: {background: "#ffffff", ink: "#1a1a1a", muted: "#5f6670", faint: "#c9ced6", fold: "rgba(26,26,26,0.38)", grid: "#8d949e",
    accent: "#b3123f", line: "#0072B2", positive: "#5b3a9e", negative: "#8a6d3b", fill: 0.3},
  dark: {background: "#14171c", ink: "#f2f2f2", muted: "#a9b1bd", faint: "#454c57", fold: "rgba(242,242,242,0.4)", grid: "#767e8a",
    accent: "#ff6f91", line: "#56B4E9", positive: "#b79cf0", negative: "#d1b280", fill: 0.36},
};

const bytes = hex => [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16));
const mixed = (a, b, share) => `rgb(${bytes(a).map((v, k) => Math.round(share * v + (1 - share) * bytes(b)[k])).join()})`;

for (const theme of Object.values(THEMES)) theme.grounds = CLASSES.map(colour => mixed(colour, theme.background, theme.fill));

// The theme of the page: chosen on it, else that of the browser.
export function theme() {
  const chosen = document.documentElement.dataset.theme;
  return THEMES[chosen || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")];
}

export const classColour = k => CLASSES[k % CLASSES.length];
export const classGround = (k, {grounds}) => grounds[k % grounds.length];

// viridis, sampled: dark is low
const RISING = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99], [170, 220, 50], [253, 231, 37]];

const between = (list, share) => {
  const place = Math.min(Math.max(share, 0), 1) * (list.length - 1), low = Math.floor(place), high = Math.min(low + 1, list.length - 1);
  return `rgb(${list[low].map((v, k) => Math.round(v + (place - low) * (list[high][k] - v))).join()})`;
};
export const rising = share => between(RISING, share);

// From blue (0) over white (.5) to vermillion (1).
export const centred = share => between([[0, 114, 178], [255, 255, 255], [213, 94, 0]], share);
