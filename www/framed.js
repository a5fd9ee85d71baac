// The whole page in a frame of another site asks before it starts: that site may draw over it what is to be pressed. An embed
// (src/app/address.rs), which shows a generated log and opens no file, is meant for such a frame and does not ask.

function isInForeignFrame() {
  for (let one = window; one !== one.parent; one = one.parent) {
    try {
      if (one.parent.location.origin !== location.origin) return true;
    } catch {
      return true; // no other origin may be asked
    }
  }
  return false;
}

// Resolves when the page may start.
globalThis.esmmAllowed = async () => {
  if (!isInForeignFrame()) return;
  const question = document.getElementById("framed");
  question.querySelector("a").href = location.href;
  esmmTrouble("framed", "");
  await new Promise((resolve) => question.querySelector("button").addEventListener("click", resolve));
};
