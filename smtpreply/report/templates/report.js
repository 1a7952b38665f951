// The report comes alive: charts are drawn, tables sort, filter and unfold. No network, one library, which is in the page.
"use strict";
(() => {
  const SHOWN = 12;
  const number = new Intl.NumberFormat("en");
  const make = (name, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inside);
    return element;
  };

  // --- tables: the rows stand in the page, whatever this script does ---

  const valueOf = (row, column) => {
    const cell = row.cells[column];
    return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.trim();
  };
  const inOrder = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const compare = (one, other) => (typeof one === "number" && typeof other === "number" ? one - other : inOrder.compare(one, other));

  const enliven = (table) => {
    const body = table.tBodies[0];
    const rows = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];
    const words = rows.map((row) => row.textContent.toLowerCase());
    const place = new Map(rows.map((row, at) => [row, at]));
    let open = rows.length <= SHOWN;
    let sought = "";

    const count = make("output");
    const more = make("button", { type: "button", className: "more" });
    const show = () => {
      let found = 0;
      for (const row of body.rows) {
        const fits = words[place.get(row)].includes(sought);
        found += fits;
        row.hidden = !fits || (!open && !sought && found > SHOWN);
      }
      count.textContent = sought ? `${number.format(found)} of ${number.format(rows.length)} rows` : "";
      more.hidden = rows.length <= SHOWN || Boolean(sought);
      more.textContent = open ? "Show fewer" : `Show all ${number.format(rows.length)} rows`;
    };

    const sort = (column) => {
      const head = heads[column];
      const before = head.getAttribute("aria-sort");
      const descending = before ? before === "ascending" : head.classList.contains("number");
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const turn = descending ? -1 : 1;
      rows.sort((one, other) => turn * compare(valueOf(one, column), valueOf(other, column)) || place.get(one) - place.get(other));
      body.append(...rows);
      show();
    };

    // On a phone, where rows are stacked, each cell shows the head of its column.
    for (const row of rows) [...row.cells].forEach((cell, at) => (cell.dataset.label = heads[at].textContent));
    table.classList.toggle("labelled", !table.classList.contains("small"));

    if (rows.length > 1) {
      heads.forEach((head, column) => {
        head.replaceChildren(make("button", { type: "button", onclick: () => sort(column) }, head.textContent));
      });
    }
    if (rows.length > 5) {
      const filter = make("input", { type: "search", placeholder: "Filter", autocomplete: "off" });
      filter.setAttribute("aria-label", `Filter: ${table.caption.textContent.trim()}`);
      filter.addEventListener("input", () => {
        sought = filter.value.trim().toLowerCase();
        show();
      });
      table.caption.append(make("div", { className: "tools" }, filter, count));
    }
    more.addEventListener("click", () => {
      open = !open;
      show();
    });
    table.closest(".scroll").after(more);
    show();
  };
  document.querySelectorAll("table").forEach(enliven);

  // --- a link, or a bar of a chart, leads to deliveries that are folded ---

  const unfold = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!(target instanceof HTMLDetailsElement)) return;
    target.open = true;
    target.scrollIntoView();
    target.querySelector("summary").focus({ preventScroll: true });
  };
  addEventListener("hashchange", unfold);
  // The same link once more changes no hash.
  document.addEventListener("click", ({ target }) => target.closest?.("a[href^='#cases-']") && setTimeout(unfold));
  unfold();

  // --- charts ---

  const styled = () => {
    const style = getComputedStyle(document.documentElement);
    const color = (name) => style.getPropertyValue(name).trim();
    const axis = { gridcolor: color("--line"), linecolor: color("--line"), zerolinecolor: color("--line"), automargin: true };
    return {
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: color("--ink") },
      bar: { bgcolor: "rgba(0,0,0,0)", color: color("--soft"), activecolor: color("--ink") },
      hover: { bgcolor: color("--card"), bordercolor: color("--line"), font: { color: color("--ink") } },
      axis,
    };
  };

  const laidOut = (layout) => {
    const { font, bar, hover, axis } = styled();
    return {
      height: 340,
      margin: { l: 8, r: 8, t: 36, b: 8 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", traceorder: "normal" },
      ...layout,
      font,
      modebar: bar,
      hoverlabel: hover,
      showlegend: layout.showlegend ?? true,
      xaxis: { ...axis, showgrid: layout.xaxis?.type !== "date", ...layout.xaxis },
      yaxis: { ...axis, ...layout.yaxis },
    };
  };

  const legend = (data) => {
    const entries = data.map(({ name, marker }) => {
      const patch = make("i");
      patch.style.background = marker.color;
      return make("li", {}, patch, name);
    });
    return make("ul", { className: "legend" }, ...entries);
  };

  const drawn = new Map();
  const draw = (figure) => {
    const chart = figure.querySelector(".chart");
    const { data, layout, targets } = JSON.parse(figure.querySelector("script").textContent);
    drawn.set(figure, { chart, data, layout });
    if (layout.showlegend === false) figure.prepend(legend(data));
    const options = {
      responsive: true,
      displaylogo: false,
      displayModeBar: layout.xaxis.fixedrange || innerWidth < 640 ? false : "hover",
      modeBarButtons: [["toImage", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
    };
    const shown = window.Plotly.newPlot(chart, data, laidOut(layout), options);
    if (targets) {
      chart.classList.add("leads");
      shown.then(() => chart.on("plotly_click", ({ points }) => (location.hash = targets[points[0].pointIndex] || "cases")));
    }
    return shown;
  };
  const redraw = () => {
    for (const { chart, data, layout } of drawn.values()) window.Plotly.react(chart, data, laidOut(layout));
  };

  // Of several charts of a section one is seen; the others are drawn when they are asked for, since they have no size before.
  const choose = (figures, buttons, chosen) => {
    figures.forEach((figure) => (figure.hidden = figure !== chosen));
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(figures[at] === chosen)));
    if (window.Plotly && !drawn.has(chosen)) draw(chosen);
  };
  const groups = [...document.querySelectorAll(".charts")].map((group) => {
    const figures = [...group.querySelectorAll("figure")];
    const buttons = figures.map((figure) => make("button", { type: "button" }, figure.dataset.label));
    buttons.forEach((button, at) => button.addEventListener("click", () => choose(figures, buttons, figures[at])));
    if (figures.length > 1) {
      const bar = make("div", { className: "switch" }, ...buttons);
      bar.setAttribute("role", "group");
      bar.setAttribute("aria-label", "Chart");
      group.prepend(bar);
    }
    choose(figures, buttons, figures[0]);
    return { figures, buttons };
  });

  const load = async () => {
    const packed = Uint8Array.from(atob(document.getElementById("library").textContent), (letter) => letter.charCodeAt(0));
    const unpacked = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    document.head.append(make("script", { textContent: await new Response(unpacked).text() }));
    if (!window.Plotly) throw new Error("the library did not run");
    for (const { figures, buttons } of groups) choose(figures, buttons, figures.find((figure) => !figure.hidden));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  };
  load().catch(() => {
    for (const chart of document.querySelectorAll(".chart")) {
      chart.classList.add("failed");
      chart.textContent = "This browser cannot draw the charts; the tables have their numbers.";
    }
  });
})();
