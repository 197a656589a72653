"use strict";
// What pages do beyond plain HTML: the live state renews itself, the choice of colours, the legend of highlights, the time zone.
// Text from the store only ever comes as HTML that the server has escaped, or goes through textContent.
(() => {
  const root = document.documentElement;

  // Light or dark: the system's choice until the user makes one.
  const remembered = () => { try { return localStorage.getItem("khabar-theme"); } catch { return null; } };
  const theme = document.getElementById("theme");
  if (remembered()) root.dataset.theme = remembered();
  if (theme) {
    theme.hidden = false;
    theme.addEventListener("click", () => {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try { localStorage.setItem("khabar-theme", root.dataset.theme); } catch { /* only for this page then */ }
    });
  }

  // Highlights: none until asked for, then as they were on the page before.
  const wanted = () => { try { return new Set(JSON.parse(localStorage.getItem("khabar-marks") || "[]")); } catch { return new Set(); } };
  for (const box of document.querySelectorAll("[data-toggle]")) {
    const show = () => box.closest("article").classList.toggle(`no-${box.dataset.toggle}`, !box.checked);
    box.checked = wanted().has(box.dataset.toggle);
    show();
    box.addEventListener("change", () => {
      show();
      const marks = wanted();
      if (box.checked) marks.add(box.dataset.toggle); else marks.delete(box.dataset.toggle);
      try { localStorage.setItem("khabar-marks", JSON.stringify([...marks])); } catch { /* only for this page then */ }
    });
  }

  // The time zone of this device, for who wants it.
  const zone = document.getElementById("zone");
  if (zone) {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (here && here !== "UTC") {
      const address = new URL(zone.href);
      address.searchParams.set("zone", here);
      zone.href = address.href;
      zone.hidden = false;
    }
  }

  // The live state: a part of the page that the server makes anew.
  let live = document.getElementById("live");
  if (!live) return;
  async function renew() {
    if (!document.hidden) {
      try {
        const answer = await fetch(live.dataset.source, { headers: { accept: "text/html" } });
        if (answer.ok) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
          if (fresh) { live.replaceWith(fresh); live = fresh; }
        } else stale(`no answer (${answer.status})`);
      } catch { stale("the dashboard does not answer"); }
    }
    setTimeout(renew, 5000);
  }
  function stale(why) {
    const state = document.getElementById("state");
    state.className = "state state-stands";
    state.querySelector("strong").textContent = why;
  }
  setTimeout(renew, 5000);
})();
