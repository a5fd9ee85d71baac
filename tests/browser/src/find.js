// Finding things as an assistive technology does: by role and accessible name. Returns an object of steps.
const rolesCss = {
  alert: "[role=alert], [role=alertdialog]",
  button: "button, [role=button], summary",
  heading: "h1, h2, h3, h4, h5, h6, [role=heading]",
  main: "main, [role=main]",
  status: "[role=status], output",
  tab: "[role=tab]",
  tabpanel: "[role=tabpanel]",
  table: "table, [role=table]",
  file: "input[type=file]",
  combobox: "select, [role=combobox]",
  textbox: "input[type=text], textarea, [role=textbox]",
  checkbox: "input[type=checkbox], [role=checkbox], [role=switch]",
  any: "[aria-label], [aria-labelledby]",
};
// Whatever groups the digits of a number in the reader's locale.
const ungrouped = (text) => (text ?? "").replace(/(\d)[,\u202f](?=\d{3})/g, "$1");
// A narrow space that does not break groups digits where the browser has no locale: it stays one.
const tidy = (text) => (text ?? "").replace(/[^\S\u202f]+/g, " ").trim();
const textOf = (ids) => tidy(ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent).join(" "));
const nameOf = (element) => {
  const labelledBy = element.getAttribute("aria-labelledby");
  if (labelledBy) return textOf(labelledBy);
  if (element.hasAttribute("aria-label")) return tidy(element.getAttribute("aria-label"));
  if (element.labels?.length) return tidy([...element.labels].map((label) => label.textContent).join(" "));
  if (element.caption) return tidy(element.caption.textContent);
  return tidy(element.textContent);
};
// The pieces of an element's text, apart: a cell's value and the interval below it are two words.
const words = (element) => {
  if (!element) return "";
  const pieces = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const found = [];
  while (pieces.nextNode()) found.push(pieces.currentNode.data);
  return tidy(found.join(" "));
};
const isShown = (element) => element.checkVisibility({ visibilityProperty: true });
// A file input may be hidden behind a drop zone that labels it; everything else must be there to be seen.
const all = (role) => [...document.querySelectorAll(rolesCss[role])].filter((e) => role === "file" || isShown(e));
const find = (role, name) => {
  const named = all(role).filter((element) => nameOf(element) === name);
  return named[0] ?? all(role).find((element) => nameOf(element).startsWith(name)) ?? null;
};
