"use strict";
// What pages do beyond plain HTML: charts, the live page's numbers, the choice of colours, the legend of highlights.
// Text from the store only ever goes through textContent.
(() => {
  const root = document.documentElement;
  const style = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const readable = (number) => String(number).replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

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
      redraw.forEach((draw) => draw());
    });
  }

  for (const box of document.querySelectorAll("[data-toggle]")) {
    box.addEventListener("change", () => box.closest("article").classList.toggle(`no-${box.dataset.toggle}`, !box.checked));
  }

  // Charts
  const redraw = [];
  const upwards = { y: { range: (u, low, high) => [0, Math.max(high, 1) * 1.05] } };
  const stamp = (at, from, to) => new Date(at * 1000).toISOString().slice(from, to).replace("T", " ");
  const whole = (u, splits) => splits.map((value) => (Number.isInteger(value) ? readable(value) : ""));
  // Hours within a day, days beyond; always UTC, as everywhere on these pages.
  const moments = (u, splits, axis, space, step) => splits.map((at) => (step < 86400 && at % 86400 ? stamp(at, 11, 16) : stamp(at, 5, 10)));
  const axes = () => [moments, whole].map((values) => ({
    values, stroke: style("--soft"), grid: { stroke: style("--line"), width: 1 }, ticks: { stroke: style("--line") },
  }));
  function chart(element, makeOptions, data) {
    let plot = null;
    const draw = () => {
      const width = element.clientWidth;
      if (plot) plot.destroy();
      plot = new uPlot({ width, height: 220, tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), "Etc/UTC"), axes: axes(), ...makeOptions() }, data, element);
    };
    draw();
    redraw.push(draw);
    new ResizeObserver(() => { if (plot && plot.width !== element.clientWidth) plot.setSize({ width: element.clientWidth, height: 220 }); }).observe(element);
    return (fresh) => { data = fresh; plot.setData(fresh); };
  }
  for (const element of document.querySelectorAll("[data-series]")) {
    const series = JSON.parse(element.dataset.series);
    const daily = element.dataset.unit === "day";
    const half = daily ? 43200 : 1800; // so that the first and the last bar are whole
    chart(element, () => ({
      scales: { x: { range: (u, low, high) => [low - half, high + half] }, ...upwards },
      series: [
        { label: "UTC", value: (u, at) => (at == null ? "" : stamp(at, 0, daily ? 10 : 16)) },
        { label: "articles", stroke: style("--s4"), fill: style("--s2"), paths: uPlot.paths.bars({ size: [0.85, 60] }), points: { show: false } },
      ],
    }), [series.map((point) => point[0]), series.map((point) => point[1])]);
  }

  // The live page
  const live = document.getElementById("live");
  if (!live) return;
  const TEXTS = { ok: "Every record is accounted for.", behind: "The store is catching up.", violated: "The ledger is broken.", empty: "Nothing has arrived yet." };
  const flowElement = document.getElementById("flow");
  let drawFlow = null;
  const COLOURS = ["--s4", "--s2", "--warn", "--bad"];
  const NAMES = ["articles", "unchanged", "duplicates", "dead"];

  function flowData(flow) {
    // Sixty whole minutes, zeros included, so that a stream that stands still looks like one.
    const found = new Map(flow);
    const now = Math.floor(Date.now() / 60000) * 60;
    const times = Array.from({ length: 60 }, (_, n) => now - (59 - n) * 60);
    const rows = times.map((at) => found.get(new Date(at * 1000).toISOString().slice(0, 16)) || [0, 0, 0, 0]);
    return [times, ...NAMES.map((_, n) => rows.map((row) => row[n]))];
  }
  function set(name, text) {
    for (const element of live.querySelectorAll(`[data-live="${name}"]`)) {
      if (element.textContent === text) continue;
      element.textContent = text;
      element.classList.remove("fresh");
      void element.offsetWidth;
      element.classList.add("fresh");
    }
  }
  function cell(text, className) {
    const element = document.createElement("td");
    element.textContent = text;
    if (className) element.className = className;
    return element;
  }
  function show(data) {
    set("records", readable(data.records));
    for (const outcome of Object.keys(data.outcomes)) set(`outcomes.${outcome}`, readable(data.outcomes[outcome]));
    set("state-text", TEXTS[data.state]);
    set("violation", data.violation || "");
    set("stored-text", `Store: ${readable(Object.values(data.stored).reduce((a, b) => a + b, 0))} of ${readable(data.records)} records`);
    set("lag", readable(data.lag));
    set("rate", String(data.rate));
    set("at", data.at);
    document.getElementById("state").className = `state state-${data.state}`;
    const body = document.getElementById("sources");
    body.replaceChildren(...data.sources.map((source) => {
      const row = document.createElement("tr");
      const state = cell("");
      const dot = document.createElement("span");
      dot.className = `dot ${source.state}`;
      state.append(dot, source.state);
      row.append(cell(source.name), cell(source.position === null ? "–" : String(source.position), "n"), cell(readable(source.lag), "n"), state);
      return row;
    }));
    if (flowElement) {
      if (drawFlow) drawFlow(flowData(data.flow));
      else drawFlow = chart(flowElement, () => ({
        scales: upwards,
        series: [
          { label: "UTC", value: (u, at) => (at == null ? "" : stamp(at, 11, 16)) },
          ...NAMES.map((label, n) => ({ label, stroke: style(COLOURS[n]), width: 2, points: { show: false } })),
        ],
      }), flowData(data.flow));
    }
  }
  async function poll() {
    try {
      if (!document.hidden) {
        const answer = await fetch(live.dataset.source, { headers: { accept: "application/json" } });
        if (answer.ok) show(await answer.json());
        else set("at", `no answer (${answer.status})`);
      }
    } catch {
      set("at", "the dashboard does not answer");
    }
    setTimeout(poll, 2000);
  }
  poll();
})();
