// What a page may add where scripts run: copying, and forms that are sent once. Every page works without it.

const announce = (words) => {
  const place = document.querySelector("[data-announce]");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = words; });
};

const select = (source) => {
  if ("select" in source) source.select();
  else getSelection().selectAllChildren(source);
};

// Browsers lend the clipboard to secure pages only; elsewhere the old command still copies what is selected.
const copy = async (source) => {
  if (navigator.clipboard) await navigator.clipboard.writeText(source.value ?? source.textContent);
  else {
    select(source);
    if (!document.execCommand("copy")) throw new Error("refused");
  }
};

for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  const label = button.querySelector("[data-copy-label]");
  const before = label.textContent;
  let timer;
  button.hidden = false;
  button.addEventListener("click", async () => {
    let words = button.dataset.done;
    try {
      await copy(source);
    } catch {
      select(source);
      words = button.dataset.failed;
    }
    label.textContent = words;
    announce(words);
    clearTimeout(timer);
    timer = setTimeout(() => { label.textContent = before; }, 3000);
  });
}

// A second click must not send the form again. The button is disabled after the form's data is taken, so its own value is sent.
const sent = new Set();

const release = () => {
  for (const button of sent) button.disabled = false;
  sent.clear();
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      if (button.disabled) continue;
      button.disabled = true;
      sent.add(button);
    }
  });
  setTimeout(release, 15000); // an answer that is a download leaves the page standing
});

addEventListener("pageshow", release); // back from the next page, out of the browser's memory

// An open menu closes when the reader leaves it.
const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
};

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
