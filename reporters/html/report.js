// Turns the static charts into ones that can be read closely: hover for values, drag to zoom. The page
// says everything without this script too.
"use strict";

(function () {
  const kUnits = ["B", "KiB", "MiB", "GiB", "TiB"];

  function formatValue(value, unit) {
    if (unit !== "B") return String(Math.round(value * 100) / 100);
    let scale = 0;
    while (Math.abs(value) >= 1024 && scale + 1 < kUnits.length) {
      value /= 1024;
      scale += 1;
    }
    const digits = Math.abs(value) >= 100 || scale === 0 ? 0 : 2;
    return value.toFixed(digits) + " " + kUnits[scale];
  }

  function color(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // One row a checkpoint: iteration, [value, value, value], [low, fit, high]. Dygraphs draws the last as
  // a band.
  function rows(chart) {
    return chart.points.map(function ([iteration, value]) {
      let fit = [NaN, NaN, NaN];
      if (chart.slope && iteration >= chart.fitted_from) {
        const [slope, low, high, middle, middleValue] = chart.slope;
        const at = (rate) => middleValue + rate * (iteration - middle);
        fit = [Math.min(at(low), at(high)), at(slope), Math.max(at(low), at(high))];
      }
      return [iteration, [value, value, value], fit];
    });
  }

  function draw(figure) {
    const chart = JSON.parse(figure.querySelector("script").textContent);
    const svg = figure.querySelector("svg");
    const plot = document.createElement("div");
    plot.className = "plot";
    plot.style.height = svg.getBoundingClientRect().height + "px";
    svg.after(plot);
    svg.style.display = "none";
    figure.classList.add("has-plot");
    return new Dygraph(plot, rows(chart), {
      labels: ["iteration", chart.signal, "fit"],
      customBars: true,
      colors: [color("--line"), color("--ink")],
      gridLineColor: color("--rule"),
      axisLineColor: color("--rule"),
      strokeWidth: 2,
      series: { fit: { strokePattern: [6, 4], strokeWidth: 1.25 } },
      labelsSeparateLines: true,
      legend: "follow",
      drawPoints: chart.points.length < 200,
      pointSize: 2,
      axes: {
        y: {
          labelsKMG2: chart.unit === "B", // ticks at powers of two
          axisLabelWidth: 74,
          axisLabelFormatter: (value) => formatValue(value, chart.unit),
          valueFormatter: (value) => formatValue(value, chart.unit),
        },
      },
      underlayCallback: function (canvas, area, graph) {
        const right = graph.toDomXCoord(chart.growth_began);
        canvas.fillStyle = color("--shade");
        canvas.fillRect(area.x, area.y, Math.max(0, right - area.x), area.h);
      },
    });
  }

  const graphs = [];
  const waiting = new IntersectionObserver(function (entries) {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      waiting.unobserve(entry.target);
      graphs.push(draw(entry.target));
    }
  });
  document.querySelectorAll("figure[data-chart]").forEach((figure) => waiting.observe(figure));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    graphs.forEach((graph) =>
      graph.updateOptions({
        colors: [color("--line"), color("--ink")],
        gridLineColor: color("--rule"),
        axisLineColor: color("--rule"),
      }),
    );
  });
})();
