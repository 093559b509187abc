// The one drawing of a calendar: days, and who is on call in them, as the gateway says it (gateway/schemas/live.py).
import { useMemo } from "react";
import { Drawable } from "./drawable.jsx";

const COLOURS = 8;
const QUARTER = 900_000; // milliseconds
const WEEK = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const PARTS = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" };

// The clock of a zone: `said` as in "Mon 09 Mar 09:00", `typed` as a field of a form has it. A browser that does not know
// the zone says the time in UTC, and that it does.
function clockOf(wanted) {
  let zone = wanted;
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: zone });
  } catch {
    zone = "UTC";
  }
  const parts = (options) => {
    const format = new Intl.DateTimeFormat("en-US", { ...PARTS, ...options, timeZone: zone });
    return (at) => Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  };
  const words = parts({ weekday: "short", month: "short" });
  const figures = parts({});
  return {
    zone,
    said(at) {
      const { weekday, day, month, hour, minute } = words(at);
      return `${weekday} ${day} ${month} ${hour}:${minute}`;
    },
    typed(at) {
      const { year, month, day, hour, minute } = figures(at);
      return `${year}-${month}-${day}T${hour}:${minute}`;
    },
  };
}

// The day of "2026-03-09": its name, number and month.
function dayOf(text) {
  const at = new Date(text + "T00:00Z");
  const said = (options) => at.toLocaleDateString("en-US", { timeZone: "UTC", ...options });
  return { name: said({ weekday: "short" }), number: at.getUTCDate(), month: said({ month: "short" }), weekend: at.getUTCDay() % 6 === 0 };
}

// From and to of all that is shown, in milliseconds.
function windowOf(shown) {
  return [Date.parse(shown.days[0].start), Date.parse(shown.end)];
}

function placed(start, end, [first, last]) {
  const part = (at) => (100 * (Math.min(Math.max(at, first), last) - first)) / (last - first);
  return { left: `${part(start)}%`, width: `${part(end) - part(start)}%` };
}

// What makes bars of what the gateway says: `start` and `end` in milliseconds, the text within, the title, a CSS class.
function drawer(shown) {
  const people = new Map(shown.people.map((one) => [one.id, one]));
  const clock = clockOf(shown.zone);
  const name = (id) => people.get(id)?.name ?? id;
  const bar = (item, text, tone, more = "") => {
    const [start, end] = [Date.parse(item.start), Date.parse(item.end)];
    return { key: `${item.start} ${text} ${tone}`, start, end, text, tone, title: `${text}, ${clock.said(start)} to ${clock.said(end)} ${clock.zone}${more}` };
  };
  const toned = (id) => (people.has(id) ? `person p${people.get(id).place % COLOURS}` : "person");
  return {
    shifts: (items) => items.map((item) => bar(item, name(item.user_id), toned(item.user_id), `, ${item.source.replace(":", " ")}`)),
    gaps: (items) => items.map((item) => bar(item, "nobody", "gap")),
    change(item) {
      const instead = item.instead_of ? ` instead of ${name(item.instead_of)}` : "";
      return { ...bar(item, `${item.kind}: ${item.user_id ? name(item.user_id) : "nobody"}${instead}`, "override"), id: item.id };
    },
  };
}

// The final line with its gaps, then what it is made of; of everyone the final lines beside each other.
function linesOf(shown) {
  const draw = drawer(shown);
  const final = (line, name) => ({ name, kind: "final", bars: [...draw.shifts(line.shifts), ...draw.gaps(line.gaps)] });
  if (!shown.lines) return shown.everyone.map((line) => ({ ...final(line, line.schedule), key: line.schedule_id }));
  const { layers, temporaries, overrides } = shown.lines;
  const lines = [
    final(shown.lines, "On call"),
    ...layers.map((line) => ({ name: line.name, kind: "layer", bars: draw.shifts(line.shifts) })),
    ...temporaries.map((line) => ({ name: `${line.name} (temporary)`, kind: "temporary", bars: draw.shifts(line.shifts) })),
  ];
  if (overrides.length) lines.push({ name: "Overrides", kind: "override", bars: overrides.map(draw.change) });
  return lines.map((line, n) => ({ ...line, key: `${n} ${line.name}` }));
}

// The overrides of what is shown, in words: id and text.
export function changesOf(shown) {
  const draw = drawer(shown);
  return (shown.lines?.overrides ?? []).map(draw.change).map(({ id, title }) => ({ id, text: title }));
}

// How many times nobody is on call.
export function gapsOf(shown) {
  return shown.lines ? shown.lines.gaps.length : shown.everyone.reduce((sum, line) => sum + line.gaps.length, 0);
}

function Bar({ bar, of }) {
  const within = of ? "" : " in-day";
  return <span className={`shift${within} ${bar.tone}`} title={bar.title} style={of && placed(bar.start, bar.end, of)}>{bar.text}</span>;
}

function Heads({ shown, of }) {
  return shown.days.map(({ day, start }, n) => {
    const { name, number, month, weekend } = dayOf(day);
    const end = n + 1 < shown.days.length ? Date.parse(shown.days[n + 1].start) : of[1];
    const text = `${name} ${String(number).padStart(2, "0")}${n === 0 || number === 1 ? ` ${month}` : ""}`;
    const tone = day === shown.today ? "today" : weekend ? "weekend" : "";
    return <span key={day} className={`day ${tone}`} style={placed(Date.parse(start), end, of)}>{text}</span>;
  });
}

// Days as columns, as wide as they are long; scrolls sideways by itself. `onDrawn(from, to)`: what was drawn on the final
// line with the mouse, on the clock that is shown, at quarters of an hour.
function Days({ shown, label, onDrawn }) {
  const of = windowOf(shown);
  const lines = useMemo(() => linesOf(shown), [shown]);
  const drawn = (low, high) => {
    const [from, to] = [low, high].map((part) => QUARTER * Math.round((of[0] + part * (of[1] - of[0])) / QUARTER));
    const { typed } = clockOf(shown.zone);
    onDrawn(typed(from), typed(Math.max(to, from + QUARTER)));
  };
  return (
    <div className="calendar" tabIndex={0} role="region" aria-label={label}>
      <div className="line heads"><span className="line-name" /><div className="track"><Heads shown={shown} of={of} /></div></div>
      {lines.map((line) => {
        const bars = line.bars.map((bar) => <Bar key={bar.key} bar={bar} of={of} />);
        return (
          <div key={line.key} className={`line ${line.kind}`}>
            <span className="line-name">{line.name}</span>
            {line.kind === "final" && onDrawn ? <Drawable onDrawn={drawn}>{bars}</Drawable> : <div className="track">{bars}</div>}
          </div>
        );
      })}
    </div>
  );
}

// Weeks as rows; in each day who is on call in it, once each, and whether there is a gap.
function Month({ shown }) {
  const of = windowOf(shown);
  const bars = useMemo(() => linesOf(shown)[0].bars.sort((a, b) => (a.tone === "gap") - (b.tone === "gap") || a.start - b.start), [shown]);
  const cells = shown.days.map(({ day, start }, n) => {
    const [begin, end] = [Date.parse(start), n + 1 < shown.days.length ? Date.parse(shown.days[n + 1].start) : of[1]];
    const within = new Map();
    for (const bar of bars) if (bar.start < end && bar.end > begin && !within.has(bar.text)) within.set(bar.text, bar);
    const { number, month } = dayOf(day);
    const tone = day === shown.today ? "today" : day.slice(0, 7) === shown.month.slice(0, 7) ? "" : "other";
    return (
      <td key={day} role="cell" className={`cell ${tone}`}>
        <span className="date">{number === 1 ? `1 ${month}` : number}</span>
        {[...within.values()].map((bar) => <Bar key={bar.text} bar={bar} />)}
      </td>
    );
  });
  return (
    <div className="wide" tabIndex={0} role="region" aria-label="Month">
      <table role="table" className="dense month">
        <caption className="out-of-sight">Month</caption>
        <thead role="rowgroup"><tr role="row">{WEEK.map((name) => <th key={name} scope="col" role="columnheader">{name}</th>)}</tr></thead>
        <tbody role="rowgroup">{Array.from({ length: cells.length / 7 }, (_, n) => <tr key={n} role="row">{cells.slice(7 * n, 7 * n + 7)}</tr>)}</tbody>
      </table>
    </div>
  );
}

// `shown`: a calendar document; it may be a form's, of what is typed. A month of one schedule is a grid, of everyone's days
// beside each other.
export function Calendar({ shown, label, onDrawn }) {
  return shown.month && shown.lines ? <Month shown={shown} /> : <Days shown={shown} label={label} onDrawn={onDrawn} />;
}
