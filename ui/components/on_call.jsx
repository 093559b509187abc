// Who is on call now, and a schedule's days or everyone's: told whole by the gateway's websocket, drawn here.
import { useEffect, useState } from "react";
import { Link, useLocation } from "react-router";
import { Calendar, changesOf, gapsOf } from "./calendar.jsx";
import { useWatched } from "./live.jsx";
import { Ago } from "./parts.jsx";

const EVERYONE = "*";
const SPANS = [["7", "1 week"], ["14", "2 weeks"], ["28", "4 weeks"], ["month", "a month"]];
const CLOCKS = [["schedule", "the schedule's clock"], ["viewer", "my clock"]];
const CLOCK = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC";
const USUAL = { schedule: "", team: "", first: "", span: "14", clock: "schedule" };
const DAY = 86_400_000;

function fromAddress(search) {
  const query = new URLSearchParams(search);
  const choice = Object.fromEntries(Object.keys(USUAL).map((name) => [name, query.get(name) ?? USUAL[name]]));
  return { ...choice, asOf: query.get("as_of") ?? "" };
}

function asQuery(choice) {
  const query = new URLSearchParams();
  if (choice.asOf) query.set("as_of", choice.asOf);
  for (const name of Object.keys(USUAL)) if (choice[name] !== USUAL[name]) query.set(name, choice[name]);
  return query.toString();
}

// What is asked of the gateway, as it is written in the API: the same in every browser that shows the same.
function watched({ schedule, team, first, span, clock, asOf }, here) {
  const query = new URLSearchParams({ schedule, span });
  if (schedule === EVERYONE && team) query.set("team", team);
  if (first) query.set("first", first);
  if (schedule === EVERYONE || clock === "viewer") query.set("zone", here);
  if (asOf) query.set("as_of", asOf);
  return `calendar?${query}`;
}

// The first day of what comes before or after what is shown.
function moved(shown, by) {
  if (!shown.month) return new Date(Date.parse(shown.days[0].day) + by * shown.days.length * DAY).toISOString().slice(0, 10);
  const month = new Date(shown.month);
  month.setUTCMonth(month.getUTCMonth() + by);
  return month.toISOString().slice(0, 10);
}

function reached(name, ways) {
  const known = ways.map((way) => `${way.channel} ${way.address_hint}`.trim() + (way.verified ? "" : " (not verified)"));
  return `${name}: ${known.join(", ") || "cannot be reached"}`;
}

function Duty({ duty, names, chosen, onChoose }) {
  return (
    <tr role="row">
      <th scope="row" role="rowheader" data-label="Schedule"><button aria-pressed={chosen} onClick={() => onChoose(duty.schedule_id)}>{duty.schedule}</button></th>
      <td role="cell" data-label="On call">
        {duty.users.length ? (
          <ul className="plain">{duty.users.map((name, n) => <li key={duty.user_ids[n]}>{reached(name, duty.reach[n])}</li>)}</ul>
        ) : <strong className="problem-text">Nobody is on call</strong>}
      </td>
      <td role="cell" data-label="Changes">{duty.until ? <Ago at={duty.until} /> : "no change in sight"}</td>
      <td role="cell" data-label="Then">{duty.next_user_ids.map((id) => names.get(id) ?? id).join(", ")}</td>
    </tr>
  );
}

function Duties({ told, chosen, onChoose }) {
  const names = new Map(told.people.map((one) => [one.id, one.name]));
  return (
    <div className="wide" tabIndex={0} role="region" aria-label="On call, by schedule">
      <table role="table" className="dense">
        <caption className="out-of-sight">On call, by schedule</caption>
        <thead role="rowgroup"><tr role="row">{["Schedule", "On call", "Changes", "Then"].map((name) => <th key={name} scope="col" role="columnheader">{name}</th>)}</tr></thead>
        <tbody role="rowgroup">{told.items.map((duty) => <Duty key={duty.schedule_id} duty={duty} names={names} chosen={duty.schedule_id === chosen} onChoose={onChoose} />)}</tbody>
      </table>
    </div>
  );
}

function Choice({ label, value, options, onChange }) {
  return (
    <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
      {options.map(([key, text]) => <option key={key} value={key}>{text}</option>)}
    </select>
  );
}

// `may`: override; `configure`: edit schedules; `teams`: id and name of each to choose from. Told: `onShown`, the schedule
// and the zone that what is within is about, if `schedule` and `zone` say others; `onDrawn`, from and to as typed there;
// `onTakeBack`, an override's id. What is within is shown beside one schedule of now.
export function OnCall({ may, configure, teams, schedule, zone, onShown, onDrawn, onTakeBack, children }) {
  const { key } = useLocation();
  const [choice, setChoice] = useState(null);
  const [here, setHere] = useState(CLOCK);
  const asOf = choice?.asOf ?? "";
  const duties = useWatched(choice && "on-call" + (asOf ? `?as_of=${encodeURIComponent(asOf)}` : ""));
  const calendar = useWatched(choice && watched(choice, here));
  const shown = calendar?.type === "calendar" ? calendar : null;
  const one = shown?.schedule_id ?? null;

  useEffect(() => setChoice(fromAddress(location.search)), [key]);
  const change = (part) => {
    const next = { ...choice, ...part };
    const query = asQuery(next);
    history.replaceState(history.state, "", location.pathname + (query && "?" + query));
    setChoice(next);
  };
  useEffect(() => {
    if (one && (one !== schedule || shown.zone !== zone)) onShown(one, shown.zone);
  }, [one, shown?.zone, schedule, zone]);
  useEffect(() => {
    if (calendar?.errors?.some((error) => error.pointer === "/zone")) setHere("UTC");
  }, [calendar]);

  if (!duties) return <p className="dim" role="status">Loading …</p>;
  if (duties.type === "refused") return <p className="problem" role="alert">{duties.detail}</p>;
  if (!duties.items.length) return <p className="empty">There is no schedule yet: nobody is on call. A manager makes the first one at /schedules/new.</p>;
  const everyone = choice.schedule === EVERYONE;
  const gaps = shown ? gapsOf(shown) : 0;
  const keep = asOf && `?as_of=${encodeURIComponent(asOf)}`;
  const months = shown?.month && new Date(shown.month).toLocaleDateString("en-US", { month: "long", year: "numeric", timeZone: "UTC" });
  return (
    <>
      <Duties told={duties} chosen={one} onChoose={(ident) => change({ schedule: ident })} />
      <section>
        <h2>Calendar <span className="dim">{months}</span></h2>
        <div className="actions">
          <button aria-pressed={everyone} onClick={() => change({ schedule: EVERYONE })}>Everyone</button>
          <Choice label="Span" value={choice.span} options={SPANS} onChange={(span) => change({ span })} />
          <button disabled={!shown} onClick={() => change({ first: moved(shown, -1) })}>Earlier</button>
          <button onClick={() => change({ first: "" })}>Today</button>
          <button disabled={!shown} onClick={() => change({ first: moved(shown, 1) })}>Later</button>
          {everyone
            ? <Choice label="Team" value={choice.team} options={teams} onChange={(team) => change({ team })} />
            : <Choice label="Clock of the times" value={choice.clock} options={CLOCKS} onChange={(clock) => change({ clock })} />}
          {shown && <span className="dim" id="zone">Times of {shown.zone}</span>}
          {gaps > 0 && <strong className="problem-text">{gaps} times with nobody on call</strong>}
        </div>
        {!calendar && <p className="dim" role="status">Loading …</p>}
        {calendar?.type === "refused" && (
          <p className="problem" role="alert">{calendar.detail} <button onClick={() => change({ ...USUAL })}>Show the first schedule</button></p>
        )}
        {shown && <Calendar shown={shown} label={one ? "Shifts" : "Everyone"} onDrawn={one && !asOf ? onDrawn : undefined} />}
        {one && (configure || asOf) && <p><Link to={`/schedules/${one}/edit${keep}`}>{asOf ? "What this schedule said" : "Edit this schedule"}</Link></p>}
      </section>
      {one && !asOf && (
        <>
          {children}
          <ul className="explained">
            {changesOf(shown).map(({ id, text }) => <li key={id}>{text} <button disabled={!may} onClick={() => onTakeBack(id)}>Take back</button></li>)}
          </ul>
        </>
      )}
    </>
  );
}
