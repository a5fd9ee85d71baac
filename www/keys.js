// The sheet of keys: a native dialog, so that Escape closes it and the focus goes back to where it was.
const sheet = document.getElementById("keys");
const typed = (target) => target?.closest?.("input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]");

function open() {
  if (!sheet.open) sheet.showModal();
}

// Who speaks to the computer may want no key to act by itself.
const isOn = document.getElementById("keys-on");
try {
  isOn.checked = localStorage.getItem("question-mark") !== "off";
} catch {
  // Storage may be forbidden: then the choice lasts as long as the page.
}
isOn.addEventListener("change", () => {
  try {
    localStorage.setItem("question-mark", isOn.checked ? "on" : "off");
  } catch {
    // As above.
  }
});

document.addEventListener("click", ({ target }) => target.closest?.("[data-opens=keys]") && open());
// To the chosen view's tab or, in an embed, to the view.
document.querySelector("[data-skips]").addEventListener("click", () => {
  const stop = document.querySelector(".views [role=tab][aria-selected=true], .views a[href], .views button");
  stop?.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || !isOn.checked || event.ctrlKey || event.metaKey || event.altKey || typed(event.target)) return;
  event.preventDefault();
  open();
});
// A press beside the sheet closes it: there, the target is the dialog itself.
sheet.addEventListener("click", ({ target }) => (target === sheet || target.closest("[data-closes]")) && sheet.close());
