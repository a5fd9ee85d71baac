// What every figure offers beside its marks: its picture to take away (data-save), and tips (data-tip).
// Browser work alone, so it is kept out of the wasm module; marks ask for it by their data attributes.

// A picture stands outside the page, so it carries the styles that it has here.
const STYLES = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity", "stroke-linejoin",
  "paint-order", "font-family", "font-size", "font-weight", "text-anchor", "opacity", "display",
];
const MARGIN = 12;
const PNG_SCALE = 3;

function pictureOf(svg) {
  const copy = svg.cloneNode(true);
  const from = [svg, ...svg.querySelectorAll("*")];
  const to = [copy, ...copy.querySelectorAll("*")];
  from.forEach((element, index) => {
    const style = getComputedStyle(element);
    for (const name of STYLES) to[index].style.setProperty(name, style.getPropertyValue(name));
    for (const name of ["class", "tabindex", "data-on", "data-point", "data-drag"]) to[index].removeAttribute(name);
  });
  // Labels may stand outside the view box: the picture is as large as what is drawn.
  const drawn = svg.getBBox();
  const box = svg.viewBox.baseVal;
  const left = Math.min(box.x, drawn.x) - MARGIN;
  const top = Math.min(box.y, drawn.y) - MARGIN;
  const width = Math.max(box.x + box.width, drawn.x + drawn.width) + MARGIN - left;
  const height = Math.max(box.y + box.height, drawn.y + drawn.height) + MARGIN - top;
  copy.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
  copy.setAttribute("width", width);
  copy.setAttribute("height", height);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.style.display = "block";
  copy.style.background = getComputedStyle(document.documentElement).backgroundColor;
  return { text: new XMLSerializer().serializeToString(copy), width, height };
}

async function pngOf({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * PNG_SCALE);
  canvas.height = Math.round(height * PNG_SCALE);
  const context = canvas.getContext("2d");
  context.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-save]");
  const svgs = button?.closest("figure")?.querySelectorAll("svg:not([aria-hidden])") ?? [];
  const svg = [...svgs].find((one) => one.getClientRects().length > 0);
  if (!svg) return;
  const picture = pictureOf(svg);
  const { save, name } = button.dataset;
  const blob = save === "png" ? await pngOf(picture) : new Blob([picture.text], { type: "image/svg+xml" });
  if (blob) download(blob, `${name}.${save}`);
});

// Tips: shown by pointer and by focus, can be hovered, and Escape puts them away (WCAG 1.4.13).
const tip = document.createElement("div");
tip.className = "tip";
tip.role = "tooltip";
tip.id = "tip";
tip.hidden = true;
document.body.append(tip);
let told = null;

function show(mark) {
  if (mark === told) return;
  hide();
  told = mark;
  tip.textContent = mark.dataset.tip;
  tip.hidden = false;
  mark.setAttribute("aria-describedby", "tip");
  const place = mark.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const left = Math.max(8, Math.min(place.left + place.width / 2 - size.width / 2, innerWidth - size.width - 8));
  const above = place.top - size.height - 6;
  tip.style.left = `${left}px`;
  tip.style.top = `${above > 4 ? above : place.bottom + 6}px`;
}

function hide() {
  told?.removeAttribute("aria-describedby");
  told = null;
  tip.hidden = true;
}

const tipped = (target) => target?.closest?.("[data-tip]");
for (const kind of ["pointerover", "focusin"]) {
  document.addEventListener(kind, ({ target }) => {
    const mark = tipped(target);
    if (mark) show(mark);
    else if (target !== tip && kind === "pointerover") hide();
  });
}
document.addEventListener("focusout", hide);
document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
addEventListener("scroll", hide, { capture: true, passive: true });
