// Draws a line for every figure of a table: nothing is only in the chart, and without scripts the table stays as it is.
(function () {
  "use strict";
  var COLOURS = ["#6e4600", "#0b5cad"];

  function text(cell) { return cell.textContent.trim(); }

  function draw(box) {
    var table = document.getElementById(box.getAttribute("data-chart"));
    if (!table || !window.echarts) { return; }
    var heads = Array.prototype.map.call(table.querySelectorAll("thead th"), text);
    var rows = Array.prototype.map.call(table.querySelectorAll("tbody tr"), function (row) {
      return Array.prototype.map.call(row.children, text);
    }).reverse();
    if (!rows.length) { return; }
    box.hidden = false;
    box.style.height = "17rem";
    // Assistive readers get the table; the canvas would be a nameless picture to them.
    box.setAttribute("aria-hidden", "true");
    var font = window.getComputedStyle(document.body);
    var size = Math.max(15, Math.round(parseFloat(font.fontSize) * 0.85));
    var words = { color: "#1d2733", fontSize: size, fontFamily: font.fontFamily };
    var chart = window.echarts.init(box);
    chart.setOption({
      animation: false,
      color: COLOURS,
      textStyle: { fontFamily: font.fontFamily },
      grid: { left: 12, right: 24, top: 46, bottom: 8, containLabel: true },
      legend: { top: 4, textStyle: words, data: heads.slice(1) },
      tooltip: { trigger: "axis", renderMode: "richText", textStyle: { fontSize: size } },
      xAxis: { type: "category", data: rows.map(function (r) { return r[0]; }), axisLabel: words },
      yAxis: { type: "value", minInterval: 1, axisLabel: words },
      series: heads.slice(1).map(function (name, i) {
        return {
          name: name,
          type: "line",
          symbol: i ? "circle" : "emptyDiamond",
          symbolSize: 7,
          lineStyle: { width: 3, type: i ? "solid" : "dashed" },
          data: rows.map(function (r) { return Number(r[i + 1].replace(/,/g, "")); })
        };
      })
    });
    window.addEventListener("resize", function () { chart.resize(); });
  }

  Array.prototype.forEach.call(document.querySelectorAll("[data-chart]"), draw);
})();
