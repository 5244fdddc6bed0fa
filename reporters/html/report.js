// Makes of the static pictures ones that can be read closely: hover for values, drag to zoom, lines and
// signals to switch on and off. The page says everything without this script too. Whatever stands in the
// data is text to it: it sets textContent alone, and no markup.
"use strict";

(function () {
  const kUnits = ["B", "KiB", "MiB", "GiB", "TiB"];
  const kLeastHeight = 180; // pixels; the static picture shrinks with the page
  const kDots = ["dots", "bad-dots", "other-dots"];

  function formatBytes(value) {
    let scale = 0;
    while (Math.abs(value) >= 1024 && scale + 1 < kUnits.length) {
      value /= 1024;
      scale += 1;
    }
    return value.toFixed(Math.abs(value) >= 100 || scale === 0 ? 0 : 2) + " " + kUnits[scale];
  }

  function formatSeconds(value) {
    if (Math.abs(value) < 1) return Number((value * 1000).toPrecision(3)) + " ms";
    return Number(value.toPrecision(4)) + " s";
  }

  function formatNumber(value, unit) {
    if (unit === "B") return formatBytes(value);
    if (unit === "s") return formatSeconds(value);
    return String(Number(value.toPrecision(6)));
  }

  function formatValue(plot, value) {
    const words = formatNumber(value, plot.unit);
    return plot.changes && value > 0 ? "+" + words : words;
  }

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text) made.textContent = text;
    return made;
  }

  // A line without "x" has that of the line before. What matters most comes last: it is drawn over the
  // others.
  function read(figure) {
    const plot = JSON.parse(figure.querySelector("script").textContent);
    let x = [];
    for (const line of plot.lines) x = line.x = line.x || x;
    plot.lines.reverse();
    return plot;
  }

  // One row an x that any line has: [x, value or null of each line]. A gap is NaN: null would be
  // bridged.
  function rows(plot) {
    const all = new Map();
    plot.lines.forEach(function (line, index) {
      line.x.forEach(function (x, at) {
        if (!all.has(x)) all.set(x, [x].concat(plot.lines.map(() => null)));
        const y = line.y[at];
        all.get(x)[index + 1] = y === null ? NaN : y;
      });
    });
    return Array.from(all.values()).sort((a, b) => a[0] - b[0]);
  }

  const kColors = { main: "--line", secondary: "--doubt", third: "--ink", dots: "--line", "bad-dots": "--bad", "other-dots": "--faint" };

  // Names of the page's colors, one a line; processes take turns.
  function colorNames(plot) {
    let process = 0;
    return plot.lines.map((line) => kColors[line.style] || "--process-" + (process++ % 6));
  }

  function colors(plot) {
    return colorNames(plot).map(color);
  }

  // The last point of a line not beyond x.
  function valueAt(line, x) {
    let low = 0;
    let high = line.x.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (line.x[middle] <= x) low = middle + 1;
      else high = middle;
    }
    const y = low > 0 ? line.y[low - 1] : null;
    return y === null ? undefined : y;
  }

  function show(readout, graph, plot, x) {
    readout.replaceChildren(
      element("strong", "", plot.x_label + " " + formatNumber(x, plot.x_unit === "s" ? "" : plot.x_unit)),
    );
    const shown = graph.visibility();
    const paints = colors(plot);
    plot.lines.forEach(function (line, index) {
      const isDots = kDots.includes(line.style);
      const at = isDots ? line.x.indexOf(x) : -1;
      const value = isDots ? line.y[at] : valueAt(line, x);
      if (!shown[index] || value === undefined) return;
      const row = element("span", "", line.name + ": " + formatValue(plot, value));
      if (plot.changes) row.textContent += " (" + formatNumber(value + line.base, plot.unit) + ")";
      row.style.borderLeft = "0.6rem solid " + paints[index];
      readout.append(row);
    });
    readout.hidden = false;
  }

  function underlay(plot, canvas, area, graph) {
    const x = (value) => graph.toDomXCoord(value);
    const y = (value) => graph.toDomYCoord(value);
    if (plot.shaded_until !== undefined) {
      canvas.fillStyle = color("--shade");
      const width = Math.min(x(plot.shaded_until), area.x + area.w) - area.x;
      canvas.fillRect(area.x, area.y, Math.max(0, width), area.h);
    }
    canvas.save();
    canvas.beginPath();
    canvas.rect(area.x, area.y, area.w, area.h);
    canvas.clip();
    const path = function (points) {
      canvas.beginPath();
      points.forEach(([atX, atY], i) => (i ? canvas.lineTo : canvas.moveTo).call(canvas, x(atX), y(atY)));
    };
    if (plot.fit) {
      const [from, middle, middleValue, slope, low, high] = plot.fit;
      const to = graph.xAxisExtremes()[1];
      const at = (rate, where) => [where, middleValue + rate * (where - middle)];
      path([
        at(high, from),
        at(high, middle),
        at(low, to),
        at(high, to),
        at(low, middle),
        at(low, from),
      ]);
      canvas.fillStyle = color("--band");
      canvas.fill();
      path([at(slope, from), at(slope, to)]);
      canvas.setLineDash([6, 4]);
      canvas.strokeStyle = color("--ink");
      canvas.lineWidth = 1.25;
      canvas.stroke();
    }
    if (plot.limit) {
      const [fromX, fromY, toX, toY] = plot.limit;
      path([
        [fromX, fromY],
        [toX, toY],
      ]);
      canvas.setLineDash([2, 4]);
      canvas.strokeStyle = color("--bad");
      canvas.lineWidth = 1.5;
      canvas.stroke();
    }
    canvas.restore();
  }

  function paint(plot) {
    return { colors: colors(plot), gridLineColor: color("--rule"), axisLineColor: color("--rule") };
  }

  // Touches scroll the page, as everywhere on it.
  function withoutTouch() {
    const model = Object.assign({}, Dygraph.defaultInteractionModel);
    for (const event of ["touchstart", "touchmove", "touchend"]) delete model[event];
    return model;
  }

  const graphs = new Map(); // figure → {graph, plot}

  // All pictures of one scenario's signals show the same iterations.
  function zoomed(figure, range) {
    const group = figure.closest("[data-signals]");
    const figures = group ? Array.from(group.querySelectorAll("figure[data-plot]")) : [figure];
    for (const each of figures) {
      each.dataset.range = range ? range.map(Math.round).join(" ") : "";
      const drawn = graphs.get(each);
      if (!drawn) continue;
      drawn.graph.updateOptions({
        dateWindow: range,
        valueRange: range ? null : drawn.plot.view || null,
      });
    }
    const reset = (group || figure).querySelector("button.reset");
    if (reset) reset.hidden = !range;
  }

  function resetButton(figure) {
    const button = element("button", "reset", "Show all");
    button.type = "button";
    button.hidden = true;
    button.addEventListener("click", () => zoomed(figure, null));
    return button;
  }

  // Which lines a picture has now, for whoever looks at the page by a script.
  function tellLines(figure) {
    const { graph, plot } = graphs.get(figure);
    const shown = graph.visibility();
    figure.dataset.lines = plot.lines.filter((line, i) => shown[i]).map((line) => line.name).join(", ");
  }

  function draw(figure) {
    const plot = read(figure);
    const svg = figure.querySelector("svg");
    const canvas = element("div", "plot");
    const readout = element("div", "readout");
    readout.hidden = true;
    canvas.style.height = Math.max(kLeastHeight, svg.getBoundingClientRect().height) + "px";
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", svg.getAttribute("aria-label"));
    figure.classList.add("has-plot");
    svg.after(canvas, readout);
    if (!figure.closest("[data-signals]")) readout.after(resetButton(figure));
    const series = {};
    plot.lines.forEach(function (line, index) {
      series[index] = kDots.includes(line.style)
        ? { strokeWidth: 0, drawPoints: true, pointSize: 3.5 }
        : { strokeWidth: line.style === "process" ? 1 : 2 };
    });
    const graph = new Dygraph(
      canvas,
      rows(plot),
      Object.assign(paint(plot), {
        labels: ["x"].concat(Object.keys(series)),
        series: series,
        legend: "never",
        connectSeparatedPoints: true,
        logscale: Boolean(plot.logarithmic),
        valueRange: plot.view || null,
        visibility: plot.lines.map((line) => isShown(figure, line.name)),
        interactionModel: withoutTouch(),
        axes: {
          x: {
            axisLabelFormatter: (value) => formatNumber(value, plot.x_unit === "s" ? "s" : ""),
          },
          y: {
            labelsKMG2: plot.unit === "B", // ticks at powers of two
            axisLabelWidth: 74,
            axisLabelFormatter: (value) => formatValue(plot, value),
          },
        },
        underlayCallback: (context, area, drawn) => underlay(plot, context, area, drawn),
        highlightCallback: (event, x) => show(readout, graph, plot, x),
        unhighlightCallback: () => (readout.hidden = true),
        zoomCallback: function (low, high) {
          const [first, last] = graph.xAxisExtremes();
          zoomed(figure, low <= first && high >= last ? null : [low, high]);
        },
      }),
    );
    graphs.set(figure, { graph: graph, plot: plot });
    tellLines(figure);
    if (figure.dataset.range) graph.updateOptions({ dateWindow: figure.dataset.range.split(" ").map(Number) });
    figure.dataset.drawn = "true";
  }

  // --- what is shown of a scenario's signals -----------------------------------------------------------

  function isShown(figure, line) {
    const group = figure.closest("[data-signals]");
    if (!group) return true;
    const box = Array.from(group.querySelectorAll("input[data-line]")).find((each) => each.dataset.line === line);
    return !box || box.checked;
  }

  function toggle(words, checked, changed) {
    const label = element("label");
    const box = element("input");
    box.type = "checkbox";
    box.checked = checked;
    box.addEventListener("change", () => changed(box.checked));
    label.append(box, words);
    return label;
  }

  function toggles(name) {
    const group = element("div", "toggles");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", name);
    return group;
  }

  function addControls(group) {
    const folded = group.querySelector("details:not(.values)");
    const others = folded ? Array.from(folded.querySelectorAll("figure[data-plot]")) : [];
    const main = group.querySelector(":scope > figure[data-plot]");
    const figures = (main ? [main] : []).concat(others);
    if (!figures.length) return;
    if (folded) folded.replaceWith(...others);
    const signals = toggles("Signals");
    figures.forEach(function (figure, index) {
      figure.hidden = index > 0;
      signals.append(toggle(figure.dataset.plot, index === 0, (on) => (figure.hidden = !on)));
    });
    const names = new Map(); // of lines → their colors
    for (const plot of figures.map(read))
      colorNames(plot).forEach((paint, i) => names.has(plot.lines[i].name) || names.set(plot.lines[i].name, paint));
    const lines = toggles("Processes");
    for (const [name, paint] of Array.from(names).reverse()) {
      const label = toggle(name, true, function (on) {
        for (const figure of figures) {
          const drawn = graphs.get(figure);
          if (!drawn) continue;
          drawn.plot.lines.forEach((line, index) => {
            if (line.name === name) drawn.graph.setVisibility(index, on);
          });
          tellLines(figure);
        }
      });
      label.firstChild.dataset.line = name;
      label.firstChild.style.accentColor = "var(" + paint + ")";
      lines.append(label);
    }
    const controls = element("div", "controls");
    controls.append(signals);
    if (names.size > 1) controls.append(lines);
    controls.append(resetButton(figures[0]));
    group.prepend(controls);
  }

  // --- the page ------------------------------------------------------------------------------------------

  function addCopyButton(code) {
    const button = element("button", "copy", "copy");
    button.type = "button";
    button.setAttribute("aria-label", "copy the fingerprint");
    button.addEventListener("click", async function () {
      getSelection().selectAllChildren(code); // for who may not write to the clipboard
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "copied";
      } catch (refused) {
        button.textContent = "selected";
      }
    });
    code.after(" ", button);
  }

  document.querySelectorAll("[data-signals]").forEach(addControls);
  document.querySelectorAll("code.fingerprint").forEach(addCopyButton);
  const waiting = new IntersectionObserver(function (entries) {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      waiting.unobserve(entry.target);
      draw(entry.target);
    }
  });
  document.querySelectorAll("figure[data-plot]").forEach((figure) => waiting.observe(figure));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    for (const { graph, plot } of graphs.values()) graph.updateOptions(paint(plot));
  });
  // Paper cannot be unfolded.
  let opened = [];
  addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details:not([open])"));
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", function () {
    for (const details of opened) details.open = false;
  });
})();
