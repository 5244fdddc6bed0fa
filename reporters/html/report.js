// Makes of the static pictures ones that can be read closely: hover for values, drag to zoom, or the same
// with keys; lines and signals to switch on and off. The page says everything without this script too. Whatever stands in the
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
    return Number(value.toFixed(Math.abs(value) >= 100 || scale === 0 ? 0 : 2)) + " " + kUnits[scale];
  }

  function formatSeconds(value) {
    if (Math.abs(value) < 1) return Number((value * 1000).toPrecision(3)) + " ms";
    return Number(value.toPrecision(4)) + " s";
  }

  function formatNumber(value, unit) {
    if (unit === "B") return formatBytes(value);
    if (unit === "s") return formatSeconds(value);
    return value.toLocaleString("en", { maximumSignificantDigits: 6 });
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

  // One row an x that any line has: [x, value or null of each line]; several, where a line has an x several
  // times. A gap is NaN: null would be bridged.
  function rows(plot) {
    const all = new Map(); // x → its rows
    plot.lines.forEach(function (line, index) {
      let time = 0;
      line.x.forEach(function (x, at) {
        time = at > 0 && line.x[at - 1] === x ? time + 1 : 0;
        if (!all.has(x)) all.set(x, []);
        const same = all.get(x);
        if (!same[time]) same[time] = [x].concat(plot.lines.map(() => null));
        const y = line.y[at];
        same[time][index + 1] = y === null ? NaN : y;
      });
    });
    return Array.from(all.values())
      .flat()
      .sort((a, b) => a[0] - b[0]);
  }

  const kColors = { main: "--line", secondary: "--doubt", third: "--ink", dots: "--line", "bad-dots": "--bad", "other-dots": "--faint", fit: "--ink" };

  // Names of the page's colors, one a line; processes take turns.
  function colorNames(plot) {
    let process = 0;
    return plot.lines.map((line) => kColors[line.style] || "--process-" + (process++ % 6));
  }

  function colors(plot) {
    return colorNames(plot).map(color);
  }

  // The last point of a line not beyond x; none after its end, when the process has gone.
  function valueAt(line, x) {
    if (x > line.x[line.x.length - 1]) return undefined;
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

  // The smallest and the largest there; nothing where no dot is.
  function dotsAt(line, x) {
    const values = line.y.filter((y, at) => line.x[at] === x && y !== null);
    return values.length ? [Math.min(...values), Math.max(...values)] : undefined;
  }

  // Of a picture with two kinds of axes, which are chosen.
  function isLogarithmic(figure, plot) {
    if (!plot.logarithmic_view) return Boolean(plot.logarithmic);
    return figure.querySelector("input.logarithmic-axes").checked;
  }

  function heightsOf(figure, plot) {
    return (plot.logarithmic_view && isLogarithmic(figure, plot) ? plot.logarithmic_view : plot.view) || null;
  }

  function show(readout, graph, plot, x) {
    readout.replaceChildren(
      element("strong", "", plot.x_label + " " + formatNumber(x, plot.x_unit === "s" ? "" : plot.x_unit)),
    );
    const shown = graph.visibility();
    const paints = colors(plot);
    plot.lines.forEach(function (line, index) {
      const value = kDots.includes(line.style) ? dotsAt(line, x) : valueAt(line, x);
      if (!shown[index] || value === undefined) return;
      const values = [value].flat().map((each) => formatValue(plot, each));
      const row = element("span", "", line.name + ": " + Array.from(new Set(values)).join(" to "));
      if (plot.changes) row.textContent += " (" + formatNumber(value + line.base, plot.unit) + ")";
      if (plot.marked && plot.marked[0] === x && line.style === "other-dots")
        row.textContent +=
          " (" + [plot.marked[1], plot.marked[3]].map((each) => formatValue(plot, each)).join(" to ") + ")";
      row.style.borderLeft = "0.6rem solid " + paints[index];
      readout.append(row);
    });
    readout.hidden = false;
  }

  // Of bytes on a logarithmic axis: powers of two, at most so many.
  function bytesTicks(low, high, most) {
    const [first, last] = [Math.ceil(Math.log2(low)), Math.floor(Math.log2(high))];
    const step = Math.max(1, Math.ceil((last - first + 1) / most));
    const ticks = [];
    for (let power = Math.ceil(first / step) * step; power <= last; power += step)
      ticks.push({ v: 2 ** power, label: formatBytes(2 ** power) });
    return ticks;
  }

  function underlay(plot, canvas, area, graph) {
    const x = (value) => area.x + graph.toPercentXCoord(value) * area.w; // toDomXCoord knows no logarithms
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
    if (plot.band) {
      path(plot.band.map(([at, low]) => [at, low]).concat(plot.band.map((at) => [at[0], at[3]]).reverse()));
      canvas.fillStyle = color("--band");
      canvas.fill();
    }
    if (plot.marked) {
      const [at, low, , high] = plot.marked;
      canvas.fillStyle = color("--faint");
      canvas.fillRect(x(at) - 0.5, area.y, 1, area.h);
      canvas.fillStyle = color("--ink");
      canvas.fillRect(x(at) - 1, y(high), 2, y(low) - y(high));
      for (const end of [low, high]) canvas.fillRect(x(at) - 5, y(end) - 1, 10, 2);
      const isLeft = x(at) < area.x + area.w / 2;
      canvas.font = "600 12px system-ui, sans-serif";
      canvas.textAlign = isLeft ? "left" : "right";
      canvas.strokeStyle = color("--paper");
      canvas.lineWidth = 4;
      for (const draw of ["strokeText", "fillText"])
        canvas[draw]("production: " + formatNumber(at, ""), x(at) + (isLeft ? 6 : -6), area.y + area.h - 6);
    }
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

  const graphs = new Map(); // figure → {graph, plot, rows, cursor}
  const views = new Map(); // figure → {x, y}: the ranges that were chosen, or null

  function viewOf(figure) {
    if (!views.has(figure)) views.set(figure, { x: null, y: null });
    return views.get(figure);
  }

  function figuresWith(figure) {
    const group = figure.closest("[data-signals]");
    return group ? Array.from(group.querySelectorAll("figure[data-plot]")) : [figure];
  }

  // All iterations; of sizes a little more, because the last one is what matters.
  function wholeOf(figure) {
    const { graph, plot, rows } = graphs.get(figure);
    if (!plot.logarithmic_view) return graph.xAxisExtremes();
    const last = rows[rows.length - 1][0];
    if (!isLogarithmic(figure, plot)) return [0, last * 1.04];
    return [rows.find((row) => row[0] > 0)[0] / 1.15, last * 1.15];
  }

  function applyView(figure) {
    const view = viewOf(figure);
    figure.dataset.range = view.x ? view.x.map(Math.round).join(" ") : "";
    figure.dataset.heights = view.y ? view.y.join(" ") : "";
    const drawn = graphs.get(figure);
    if (drawn)
      drawn.graph.updateOptions({
        dateWindow: view.x || (drawn.plot.logarithmic_view ? wholeOf(figure) : null),
        valueRange: view.y || (view.x && !drawn.plot.band ? null : heightsOf(figure, drawn.plot)),
      });
    const reset = (figure.closest("[data-signals]") || figure).querySelector("button.reset");
    if (reset) reset.hidden = !figuresWith(figure).some((each) => viewOf(each).x || viewOf(each).y);
  }

  // All pictures of one scenario's signals show the same iterations; heights are each one's own. Nothing
  // shows all.
  function zoomed(figure, range) {
    for (const each of figuresWith(figure)) {
      views.set(each, { x: range, y: range && viewOf(each).y });
      applyView(each);
    }
  }

  // A drag has changed either the one or the other.
  function dragged(figure, range, heights) {
    const before = viewOf(figure).x || wholeOf(figure);
    if (range[0] !== before[0] || range[1] !== before[1]) {
      zoomed(figure, range);
      return;
    }
    viewOf(figure).y = heights;
    applyView(figure);
  }

  // --- by keys -------------------------------------------------------------------------------------------

  const kKeys = "Arrows: the values of a point. + and −: nearer and farther. 0 or Escape: all.";
  const status = element("p", "unseen");
  status.setAttribute("role", "status");
  const keys = element("p", "unseen", kKeys);
  keys.id = "chart.keys";
  keys.hidden = true;

  function announce(words) {
    status.textContent = words;
  }

  function rangeWords(plot, range) {
    const unit = plot.x_unit === "s" ? "" : plot.x_unit;
    return plot.x_label + " " + range.map((x) => formatNumber(x, unit)).join(" to ");
  }

  // The window that shows x, as wide as before.
  function reveal(figure, x) {
    const range = viewOf(figure).x;
    if (!range || (x >= range[0] && x <= range[1])) return;
    const by = x - (x < range[0] ? range[0] : range[1]);
    zoomed(figure, [range[0] + by, range[1] + by]);
  }

  function select(figure, row) {
    const drawn = graphs.get(figure);
    drawn.cursor = Math.max(0, Math.min(row, drawn.rows.length - 1));
    const x = drawn.rows[drawn.cursor][0];
    reveal(figure, x);
    drawn.graph.setSelection(drawn.cursor);
    const readout = figure.querySelector(".readout");
    show(readout, drawn.graph, drawn.plot, x);
    announce(Array.from(readout.children, (each) => each.textContent).join("; "));
  }

  // The cursor's row; without one the first that is in view.
  function cursorOf(figure) {
    const drawn = graphs.get(figure);
    if (drawn.cursor !== null) return drawn.cursor;
    const [low] = drawn.graph.xAxisRange();
    return drawn.rows.findIndex((row) => row[0] >= low);
  }

  function scale(figure, factor) {
    const { graph, plot, rows, cursor } = graphs.get(figure);
    const all = wholeOf(figure);
    const range = graph.xAxisRange();
    const isCurved = Boolean(plot.logarithmic_view) && isLogarithmic(figure, plot);
    const [to, from] = isCurved ? [Math.log, Math.exp] : [(x) => x, (x) => x];
    const ends = range.map(to);
    const middle = cursor === null ? (ends[0] + ends[1]) / 2 : to(rows[cursor][0]);
    const next = ends.map((end) => from(middle + (end - middle) * factor));
    next[0] = Math.max(next[0], all[0]);
    next[1] = Math.min(next[1], all[1]);
    if ((next[1] - next[0]) * 1000 < all[1] - all[0]) return;
    const isAll = next[0] <= all[0] && next[1] >= all[1];
    zoomed(figure, isAll ? null : next);
    announce(isAll ? "all" : rangeWords(plot, next));
  }

  function leave(figure) {
    const drawn = graphs.get(figure);
    drawn.cursor = null;
    drawn.graph.clearSelection();
    figure.querySelector(".readout").hidden = true;
  }

  function onKey(figure, event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const drawn = graphs.get(figure);
    const step = event.shiftKey ? 10 : 1;
    const isNew = drawn.cursor === null;
    const actions = {
      ArrowLeft: () => select(figure, cursorOf(figure) - (isNew ? 0 : step)),
      ArrowRight: () => select(figure, cursorOf(figure) + (isNew ? 0 : step)),
      Home: () => select(figure, 0),
      End: () => select(figure, drawn.rows.length - 1),
      "+": () => scale(figure, 1 / 2),
      "=": () => scale(figure, 1 / 2),
      "-": () => scale(figure, 2),
      "−": () => scale(figure, 2),
      0: () => (zoomed(figure, null), announce("all")),
      Escape: () => (zoomed(figure, null), leave(figure), announce("all")),
    };
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  }

  function addKeys(figure, canvas) {
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application"); // a reader passes the keys on
    canvas.setAttribute("aria-roledescription", "chart");
    canvas.setAttribute("aria-describedby", keys.id);
    canvas.addEventListener("keydown", (event) => onKey(figure, event));
    canvas.addEventListener("blur", () => leave(figure));
    canvas.after(element("p", "keys", kKeys));
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

  function nameOf(svg) {
    const parts = Array.from(svg.querySelectorAll(":scope > title, :scope > desc"), (each) => each.textContent);
    return svg.getAttribute("aria-label") || parts.join(": ");
  }

  function chooseAxes(figure) {
    const { graph, plot } = graphs.get(figure);
    const logarithmic = isLogarithmic(figure, plot);
    graph.updateOptions({ logscale: logarithmic, axes: { x: { logscale: logarithmic } } });
    zoomed(figure, null);
    figure.dataset.axes = logarithmic ? "logarithmic" : "linear";
  }

  function draw(figure) {
    const plot = read(figure);
    const svgs = Array.from(figure.querySelectorAll("svg.chart"));
    const svg = svgs.find((each) => each.clientWidth > 0) || svgs[0];
    const canvas = element("div", "plot");
    const readout = element("div", "readout");
    readout.hidden = true;
    canvas.style.height = Math.max(kLeastHeight, svg.getBoundingClientRect().height) + "px";
    canvas.setAttribute("aria-label", nameOf(svg));
    figure.classList.add("has-plot");
    svg.after(canvas, readout);
    addKeys(figure, canvas);
    if (!figure.closest("[data-signals]")) readout.after(resetButton(figure));
    const series = {};
    plot.lines.forEach(function (line, index) {
      series[index] = kDots.includes(line.style)
        ? { strokeWidth: 0, drawPoints: true, pointSize: 3.5 }
        : line.style === "fit"
          ? { strokeWidth: 1.25, strokePattern: [6, 4] }
          : { strokeWidth: line.style === "process" ? 1 : 2 };
    });
    const data = rows(plot);
    const model = withoutTouch();
    model.dblclick = () => zoomed(figure, null);
    const graph = new Dygraph(
      canvas,
      data,
      Object.assign(paint(plot), {
        labels: ["x"].concat(Object.keys(series)),
        series: series,
        legend: "never",
        connectSeparatedPoints: true,
        logscale: isLogarithmic(figure, plot),
        valueRange: heightsOf(figure, plot),
        visibility: plot.lines.map((line) => isShown(figure, line.name)),
        interactionModel: model,
        axes: {
          x: {
            logscale: Boolean(plot.logarithmic_view) && isLogarithmic(figure, plot),
            axisLabelFormatter: (value) => formatNumber(value, plot.x_unit === "s" ? "s" : ""),
          },
          y: {
            labelsKMG2: plot.unit === "B", // ticks at powers of two
            axisLabelWidth: 74,
            ticker: (low, high, pixels, ...more) =>
              plot.unit === "B" && isLogarithmic(figure, plot)
                ? bytesTicks(low, high, pixels / 40)
                : Dygraph.numericTicks(low, high, pixels, ...more),
            axisLabelFormatter: (value) => formatValue(plot, value),
          },
        },
        underlayCallback: (context, area, drawn) => underlay(plot, context, area, drawn),
        highlightCallback: (event, x) => show(readout, graph, plot, x),
        unhighlightCallback: () => (readout.hidden = graphs.get(figure).cursor === null),
        zoomCallback: (low, high, heights) => dragged(figure, [low, high], heights[0]),
      }),
    );
    graphs.set(figure, { graph: graph, plot: plot, rows: data, cursor: null });
    tellLines(figure);
    if (viewOf(figure).x || plot.logarithmic_view) applyView(figure);
    for (const choice of figure.querySelectorAll("input[type=radio]"))
      choice.addEventListener("change", () => chooseAxes(figure));
    resized.observe(canvas);
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
    button.setAttribute("aria-label", "copy the fingerprint " + code.textContent);
    button.addEventListener("click", async function () {
      getSelection().selectAllChildren(code); // for who may not write to the clipboard
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "copied";
      } catch (refused) {
        button.textContent = "selected";
      }
      button.setAttribute("aria-label", button.textContent + ": the fingerprint " + code.textContent);
      announce(button.getAttribute("aria-label"));
    });
    code.after(" ", button);
  }

  // What is too wide can be scrolled by keys too; what is not need not stop them.
  function makeScrollable(box) {
    const isNeeded = box.scrollWidth > box.clientWidth + 1;
    if (isNeeded === box.hasAttribute("tabindex")) return;
    for (const [name, value] of [
      ["tabindex", "0"],
      ["role", "group"],
      ["aria-label", box.localName === "pre" ? "code, wider than the screen" : "wider than the screen"],
    ])
      if (isNeeded) box.setAttribute(name, value);
      else box.removeAttribute(name);
  }

  document.body.append(keys, status);
  // A picture that was hidden while the window changed has missed it.
  const resized = new ResizeObserver(function (entries) {
    for (const { target } of entries)
      if (target.clientWidth) graphs.get(target.parentElement).graph.resize();
  });
  const scrolling = new ResizeObserver((entries) => entries.forEach(({ target }) => makeScrollable(target)));
  document.querySelectorAll(".wide, pre.code, figure").forEach((box) => scrolling.observe(box));
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
