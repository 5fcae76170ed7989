// Draws charts from the tables of the page: nothing is only in a chart, and without scripts the tables stay as they are.
(function () {
  "use strict";
  var COLOURS = ["#6e4600", "#0b5cad", "#126b3a"];

  function text(cell) { return cell.textContent.trim(); }

  function number(words) {
    var found = /-?[\d,]+(\.\d+)?/.exec(words);
    return found ? Number(found[0].replace(/,/g, "")) : null;
  }

  function read(id) {
    var table = document.getElementById(id);
    if (!table) { return null; }
    return {
      heads: Array.prototype.map.call(table.querySelectorAll("thead th"), text),
      rows: Array.prototype.map.call(table.querySelectorAll("tbody tr"), function (row) {
        return Array.prototype.map.call(row.children, text);
      })
    };
  }

  function style() {
    var font = window.getComputedStyle(document.body);
    var size = Math.max(15, Math.round(parseFloat(font.fontSize) * 0.85));
    return { color: "#1d2733", fontSize: size, fontFamily: font.fontFamily };
  }

  var drawn = [];

  function show(box, canvas, option) {
    box.hidden = false;
    // Assistive readers get the table; the canvas would be a nameless picture to them.
    canvas.setAttribute("aria-hidden", "true");
    var chart = window.echarts.init(canvas);
    chart.setOption(option);
    drawn.push(chart);
  }

  function draw(box) {
    var data = read(box.getAttribute("data-chart"));
    if (!data || !data.rows.length || !window.echarts) { return; }
    var kind = box.getAttribute("data-kind") || "line";
    var columns = (box.getAttribute("data-columns") || "1,2").split(",").map(Number);
    var words = style();
    // The latest day stands first in the table and last in the line.
    var rows = kind === "line" ? data.rows.slice().reverse() : data.rows;
    show(box, box, {
      animation: false,
      color: COLOURS,
      textStyle: { fontFamily: words.fontFamily },
      grid: { left: 12, right: 24, top: 46, bottom: 8, containLabel: true },
      legend: { top: 4, textStyle: words, data: columns.map(function (c) { return data.heads[c]; }) },
      tooltip: { trigger: "axis", renderMode: "richText", textStyle: { fontSize: words.fontSize } },
      xAxis: {
        type: "category",
        data: rows.map(function (r) { return r[0]; }),
        axisLabel: Object.assign({ interval: kind === "bar" && rows.length <= 12 ? 0 : "auto", hideOverlap: true }, words)
      },
      yAxis: { type: "value", minInterval: 1, axisLabel: words },
      series: columns.map(function (c, i) {
        var one = { name: data.heads[c], type: kind, data: rows.map(function (r) { return number(r[c]); }) };
        if (kind === "line") {
          one.symbol = i ? "circle" : "emptyDiamond";
          one.symbolSize = 7;
          one.lineStyle = { width: 3, type: i ? "solid" : "dashed" };
        } else {
          one.barMaxWidth = 22;
        }
        return one;
      })
    });
  }

  function map(figure) {
    var data = read(figure.getAttribute("data-from"));
    var column = Number(figure.getAttribute("data-column"));
    if (!data || !window.echarts || !window.fetch) { return; }
    window.fetch(figure.getAttribute("data-map"), { credentials: "same-origin" })
      .then(function (answer) { return answer.ok ? answer.json() : Promise.reject(answer.status); })
      .then(function (shapes) {
        var words = style();
        window.echarts.registerMap("parts", shapes);
        show(figure, figure.querySelector(".chart"), {
          animation: false,
          tooltip: { trigger: "item", renderMode: "richText", textStyle: { fontSize: words.fontSize } },
          visualMap: {
            type: "piecewise", orient: "horizontal", left: 0, bottom: 0, textStyle: words, itemWidth: 14, itemHeight: 14,
            pieces: [
              { lt: 50, label: "不到 50%", color: "#fdeae8" },
              { gte: 50, lt: 80, label: "50%–80%", color: "#fff3d6" },
              { gte: 80, label: "80% 以上", color: "#cfe9d9" }
            ]
          },
          series: [{
            type: "map", map: "parts", name: data.heads[column], selectedMode: false,
            top: 8, bottom: 40,
            label: { show: true, color: words.color, fontSize: Math.round(words.fontSize * 0.85), fontFamily: words.fontFamily },
            itemStyle: { borderColor: "#8494ab", areaColor: "#eaeef3" },
            emphasis: { label: { color: words.color }, itemStyle: { areaColor: "#e3eefa" } },
            data: data.rows.map(function (r) { return { name: r[0], value: number(r[column]) }; })
          }]
        });
      })
      // Without the outline the tiles below say the same.
      .catch(function () { figure.hidden = true; });
  }

  function all() {
    drawn.splice(0).forEach(function (chart) { chart.dispose(); });
    Array.prototype.forEach.call(document.querySelectorAll("[data-chart]"), draw);
    Array.prototype.forEach.call(document.querySelectorAll("[data-map]"), map);
  }

  all();
  window.addEventListener("resize", function () { drawn.forEach(function (chart) { chart.resize(); }); });
  // live.js has put fresh tables into the page: the charts are drawn from them.
  document.addEventListener("live", all);
})();
