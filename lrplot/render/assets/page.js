"use strict";
(() => {
  const curves = JSON.parse(document.getElementById("curves").textContent);
  const place = document.getElementById("chart");
  const log = document.getElementById("log");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const steps = curves.steps;
  const last = steps.length - 1;
  const GAP = "\u2014"; // a line that has ended has no rate

  // -- how numbers are written -------------------------------------------------------------------

  const plain = (value) => String(Number(value.toPrecision(6)));
  const rate = (value) => {
    if (value === 0 || Math.abs(value) >= 1e-3) return plain(value);
    const [mantissa, exponent] = value.toExponential(5).split("e");
    return `${Number(mantissa)}e${Number(exponent)}`;
  };
  const short = (count) => {
    const group = count < 1000 ? 0 : Math.min(5, Math.floor(Math.log10(count) / 3 + 1e-12));
    return plain(count / 1000 ** group) + ["", "k", "M", "G", "T", "P"][group];
  };
  const whole = (count) => count.toLocaleString("en-US");
  const part = (count) => count.toLocaleString("en-US", { maximumFractionDigits: 4 });
  const epoch = (step, length) => `epoch ${part(step / length)}`;
  const brief = (count) => (count < 10000 ? plain(count) : short(count));

  // -- what is drawn -----------------------------------------------------------------------------

  const TINY = 1e-300; // what is less cannot be reckoned with
  const positive = (values) => values.map((value) => (value > TINY ? value : null));
  const lines = () => curves.lines.map((line) => (log.checked ? positive(line.rates) : line.rates));
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const colour = (line) => line.colours[dark.matches ? 1 : 0];

  // A jump is in the file as two rates at one step; the second is the step's own.
  const own = (index) => (index < last && steps[index + 1] === steps[index] ? index + 1 : index);

  const stepText = (_chart, value, _series, index) => {
    if (value == null) return GAP;
    const shared = curves.epoch ? ` \u00b7 ${epoch(value, curves.epoch)}` : "";
    return `${whole(steps[index])}${shared}`;
  };
  const rateText = (line) => (_chart, _value, _series, index) => {
    const value = index == null ? null : line.rates[index];
    if (value == null) return GAP;
    const within = !curves.epoch && line.epoch ? ` (${epoch(steps[index], line.epoch)})` : "";
    return rate(value) + within;
  };

  const border = ({ dash: [drawn, left] }) =>
    drawn == null ? "solid" : drawn < left ? "dotted" : "dashed";

  const series = () => [
    { label: curves.unit, value: stepText },
    ...curves.lines.map((line) => ({
      label: line.name,
      stroke: colour(line),
      dash: line.dash,
      width: 2,
      value: rateText(line),
      paths: curves.whole ? uPlot.paths.stepped({ align: 1 }) : uPlot.paths.linear(),
      points: { show: false },
    })),
  ];

  const width = (chart, values) => {
    chart.ctx.font = chart.axes[1].font[0];
    const longest = Math.max(0, ...(values ?? []).map((text) => chart.ctx.measureText(text).width));
    return longest / devicePixelRatio + 20;
  };
  const multiples = (unit, least) =>
    Array.from({ length: 17 }, (_, exponent) => [1, 2, 5].map((m) => m * 10 ** exponent * least))
      .flat()
      .filter((incr) => Number.isInteger(incr * unit) || unit > 1)
      .map((incr) => incr * unit);
  const isPower = (value) => value.toExponential().startsWith("1e");
  const decades = (chart, splits, axis) => {
    const scale = chart.axes[axis].scale;
    const several = scale === "y" && log.checked && splits.filter(isPower).length > 1;
    return several ? splits.map((value) => (isPower(value) ? value : null)) : splits;
  };
  const axis = (more) => ({
    stroke: ink("--ink"),
    grid: { stroke: ink("--grid"), width: 1, filter: decades },
    ticks: { stroke: ink("--grid"), width: 1, filter: decades },
    labelSize: 22,
    size: 36,
    ...more,
  });
  const axes = () => [
    axis({
      label: curves.unit,
      space: 70,
      grid: { show: false },
      incrs: multiples(1, 1),
      values: (_chart, splits) => splits.map(short),
    }),
    axis({
      label: curves.param,
      space: 45,
      size: width,
      values: (_chart, splits) => splits.map((value) => (value == null ? "" : rate(value))),
    }),
    ...(curves.epoch
      ? [
          axis({
            scale: "x",
            side: 0,
            label: "epoch",
            space: 60,
            grid: { show: false },
            incrs: multiples(curves.epoch, 0.01),
            values: (_chart, splits) => splits.map((value) => brief(value / curves.epoch)),
          }),
        ]
      : []),
  ];

  const fromZero = (_chart, low, high) => {
    if (low == null) return [0, 1];
    const bottom = Math.min(0, low);
    return [bottom, high > bottom ? high + (high - bottom) * 0.04 : bottom + 1];
  };

  let chart;
  const draw = () => {
    const window = chart ? [chart.scales.x.min, chart.scales.x.max] : [steps[0], steps[last]];
    chart?.destroy();
    document.getElementById("readout").replaceChildren();
    chart = new uPlot(
      {
        width: place.clientWidth,
        height: place.clientHeight,
        scales: {
          x: { time: false },
          y: log.checked ? { distr: 3, log: 10 } : { range: fromZero },
        },
        series: series(),
        axes: axes(),
        cursor: {
          drag: { x: true, y: true, uni: 40 },
          dataIdx: (_chart, _series, index) => (index == null ? index : own(index)),
        },
        legend: {
          mount: (_chart, table) => document.getElementById("readout").append(table),
          markers: { width: 3, dash: (_chart, index) => border(curves.lines[index - 1]) },
        },
      },
      [steps, ...lines()],
      place,
    );
    chart.setScale("x", { min: window[0], max: window[1] });
    say();
  };

  // -- what is said ------------------------------------------------------------------------------

  const rates = curves.lines.flatMap((line) => line.rates).filter((value) => value != null);
  const masked = rates.some((value) => value <= TINY);
  const say = () => {
    document.getElementById("said").textContent =
      log.checked && masked ? "Rates of 0 have no place on a logarithmic axis and are left out." : "";
  };

  // -- what a person does ------------------------------------------------------------------------

  const reset = () => chart.setScale("x", { min: steps[0], max: steps[last] });
  const moveTo = (index) => {
    const at = own(Math.max(0, Math.min(last, index)));
    const rate = chart.data.slice(1).find((values) => values[at] != null)?.[at];
    const top = rate == null ? 0 : chart.valToPos(rate, "y");
    chart.setCursor({ left: chart.valToPos(steps[at], "x"), top });
  };
  const keys = {
    ArrowLeft: (index) => moveTo(index > 0 && steps[index - 1] === steps[index] ? index - 2 : index - 1),
    ArrowRight: (index) => moveTo(index + 1),
    Home: () => moveTo(0),
    End: () => moveTo(last),
    Escape: reset,
  };
  place.addEventListener("keydown", (event) => {
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key](chart.cursor.idx == null ? -1 : own(chart.cursor.idx));
  });
  document.getElementById("reset").addEventListener("click", reset);

  // -- what fingers do ---------------------------------------------------------------------------
  // One reads the chart, or moves it once it is zoomed; two zoom it; two quick taps show all of it.

  const NEAR = 24; // pixels that a finger strays in a tap
  const SOON = 300; // milliseconds that a tap lasts, and that the next one may wait
  const LEAST = 4; // steps that are shown

  const fingers = new Map(); // each at its place
  let held; // what was between the fingers when one of them last came or went
  let tap = null; // how the only finger came down, as long as it has not strayed
  let tapped = null; // how the tap before ended

  const zoomed = () => chart.scales.x.max - chart.scales.x.min < steps[last] - steps[0];
  const show = (low, count) => {
    const shown = Math.max(count, LEAST);
    const min = Math.max(low, steps[0]);
    const highest = steps[last] - shown;
    if (highest <= steps[0]) reset();
    else if (min >= highest) chart.setScale("x", { min: highest, max: steps[last] });
    else chart.setScale("x", { min, max: min + shown });
  };
  const put = (event) => {
    const box = chart.over.getBoundingClientRect();
    fingers.set(event.pointerId, { x: event.clientX - box.left, y: event.clientY - box.top });
  };
  const grip = () => {
    const [a, b = a] = fingers.values();
    const apart = Math.max(NEAR, Math.hypot(a.x - b.x, a.y - b.y));
    return { left: (a.x + b.x) / 2, top: (a.y + b.y) / 2, apart };
  };
  const hold = () => {
    if (fingers.size === 0) return;
    const { left, apart } = grip();
    const { min, max } = chart.scales.x;
    held = { step: chart.posToVal(left, "x"), apart, each: (max - min) / chart.over.clientWidth };
  };
  // The step that was between the fingers stays there, and all steps widen as the fingers part.
  const follow = () => {
    const { left, top, apart } = grip();
    const each = (held.each * held.apart) / apart;
    if (fingers.size > 1 || zoomed()) show(held.step - each * left, each * chart.over.clientWidth);
    chart.setCursor({ left, top });
  };

  const near = (one, other) =>
    Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) <= NEAR;
  const soon = (one, other) => other.timeStamp - one.timeStamp <= SOON;
  const touches = {
    pointerdown: (event) => {
      if (event.isPrimary) fingers.clear(); // the first one: no other can be there
      put(event);
      hold();
      follow();
      tap = fingers.size === 1 ? event : null;
    },
    pointermove: (event) => {
      if (!fingers.has(event.pointerId)) return;
      put(event);
      follow();
      if (tap && !near(tap, event)) tap = null;
    },
    pointerup: (event) => {
      if (tap && tapped && near(tapped, tap) && soon(tapped, tap)) reset();
      tapped = tap && soon(tap, event) ? event : null;
      touches.pointercancel(event);
    },
    pointercancel: (event) => {
      fingers.delete(event.pointerId);
      tap = null;
      hold();
    },
  };
  for (const [name, heed] of Object.entries(touches)) {
    place.addEventListener(name, (event) => {
      if (event.pointerType === "touch") heed(event); // a mouse is the chart's own business
    });
  }

  log.checked = curves.log;
  log.disabled = !rates.some((value) => value > TINY);
  log.addEventListener("change", draw);
  dark.addEventListener("change", draw);
  new ResizeObserver(() =>
    chart.setSize({ width: place.clientWidth, height: place.clientHeight }),
  ).observe(place);
  draw();
})();
