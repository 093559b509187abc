// The list of incidents: a page of the API at a time, kept live by the gateway's websocket, filters in the address.
import { startTransition, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { Rows } from "./incident_rows.jsx";
import { listen } from "./live.jsx";
import { ask } from "./parts.jsx";

const PAGE = 100;
const OPEN = ["triggered", "acknowledged", "snoozed", "suppressed"];
const TABS = [["open", OPEN], ...OPEN.map((s) => [s, [s]]), ["resolved", ["resolved"]], ["all", []]];
const SEVERITIES = ["critical", "error", "warning", "info"];
const KEYS = [
  ["j / k", "next, previous"], ["Enter", "open"], ["x", "select"], ["a", "acknowledge"], ["r", "resolve"],
  ["s", "snooze 30 minutes"], ["e", "escalate now"], ["/", "search"], ["?", "this help"],
];

function fromAddress() {
  const query = new URLSearchParams(location.search);
  return {
    tab: TABS.some(([name]) => name === query.get("tab")) ? query.get("tab") : "open",
    severity: query.getAll("severity").filter((s) => SEVERITIES.includes(s)),
    team: query.get("team") ?? "", service: query.get("service") ?? "", person: query.get("person") ?? "",
    label: query.get("label") ?? "", q: query.get("q") ?? "",
  };
}

function asQuery(filter, forApi) {
  const query = new URLSearchParams();
  if (forApi) for (const status of TABS.find(([name]) => name === filter.tab)[1]) query.append("status", status);
  else if (filter.tab !== "open") query.set("tab", filter.tab);
  for (const severity of filter.severity) query.append("severity", severity);
  for (const name of ["team", "service", "person", "q"]) if (filter[name]) query.set(name, filter[name]);
  if (filter.label && (!forApi || filter.label.includes("="))) query.set("label", filter.label);
  return query;
}

// Whether a changed row belongs here; null: only the gateway can say.
function belongs(row, filter) {
  const statuses = TABS.find(([name]) => name === filter.tab)[1];
  if (statuses.length && !statuses.includes(row.status)) return false;
  if (filter.severity.length && !filter.severity.includes(row.severity)) return false;
  if (filter.team && row.team_id !== filter.team) return false;
  if (filter.service && row.service_id !== filter.service) return false;
  if (filter.person && !row.assignees.includes(filter.person)) return false;
  return filter.q || filter.label ? null : true;
}

const newest = (a, b) => (a.opened_at < b.opened_at || (a.opened_at === b.opened_at && a.id < b.id) ? 1 : -1);

function alarm(row) {
  try {
    const context = new AudioContext();
    const tone = context.createOscillator();
    tone.frequency.value = 880;
    tone.connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + 0.25);
  } catch { /* no sound device */ }
  if (Notification.permission === "granted") new Notification(row.title, { body: "New critical incident", tag: row.id });
}

export function IncidentList({ may }) {
  const [filter, setFilter] = useState(null);
  const [rows, setRows] = useState(() => new Map());
  const [more, setMore] = useState(null);
  const [loaded, setLoaded] = useState(false);
  const [counts, setCounts] = useState({});
  const [choices, setChoices] = useState({ teams: [], services: [], users: [] });
  const [chosen, setChosen] = useState(() => new Set());
  const [here, setHere] = useState(null);
  const [said, setSaid] = useState("");
  const [help, setHelp] = useState(false);
  const [loud, setLoud] = useState(false);
  const [keyed, setKeyed] = useState(true);
  const [views, setViews] = useState([]);
  const search = useRef(null);
  const end = useRef(null);
  const current = useRef({});
  const go = useNavigate();
  current.current = { filter, rows, more, here, chosen, loud };

  useEffect(() => {
    setFilter(fromAddress());
    setLoud(localStorage.getItem("loud") === "yes");
    setKeyed(localStorage.getItem("keys") !== "off");
    setViews(JSON.parse(localStorage.getItem("views") ?? "[]"));
    const back = () => setFilter(fromAddress());
    addEventListener("popstate", back);
    Promise.all(["/teams", "/services", "/users"].map((path) => ask("GET", path)))
      .then(([teams, services, users]) => setChoices({ teams: teams.items, services: services.items, users: users.items.filter((user) => !user.synthetic) }))
      .catch((error) => setSaid(error.message));
    return () => removeEventListener("popstate", back);
  }, []);

  const load = useCallback(async (cursor) => {
    const wanted = current.current.filter;
    if (!wanted) return;
    const query = asQuery(wanted, true);
    query.set("limit", PAGE);
    if (cursor) query.set("cursor", cursor);
    try {
      const page = await ask("GET", "/alerts?" + query);
      if (current.current.filter !== wanted) return;
      const put = (old) => {
        // What came in by the websocket while this page was on its way is newer than the page, and stays.
        const newest = page.items[0]?.opened_at ?? "";
        const since = [...old].filter(([, row]) => row.opened_at >= newest && belongs(row, wanted) === true);
        const found = new Map(cursor ? old : since);
        for (const row of page.items) {
          const known = old.get(row.id);
          found.set(row.id, known && known.revision > row.revision && belongs(known, wanted) !== false ? known : row);
        }
        return found;
      };
      const show = () => {
        setRows(put);
        setMore(page.next_cursor);
        setLoaded(true);
      };
      if (cursor) startTransition(show); // drawn between the frames of who scrolls
      else show();
    } catch (error) {
      setSaid(error.message);
    }
  }, []);

  useEffect(() => {
    if (!filter) return;
    const query = asQuery(filter, false).toString();
    if (location.search.replace(/^\?/, "") !== query) history.replaceState(history.state, "", location.pathname + (query ? "?" + query : ""));
    setLoaded(false);
    load(null);
  }, [filter, load]);

  useEffect(() => {
    let due = null;
    const soon = () => {
      due ??= setTimeout(() => {
        due = null;
        load(null);
      }, 300);
    };
    const stop = listen((message) => {
      if (message.type === "live") load(null);
      if (message.type === "counts") setCounts(message.open);
      if (message.type !== "rows" || !current.current.filter) return;
      const wanted = current.current.filter;
      if (message.items.some((row) => belongs(row, wanted) === null)) soon();
      setRows((old) => {
        const found = new Map(old);
        const last = [...old.values()].reduce((low, row) => (low === null || row.opened_at < low ? row.opened_at : low), null);
        for (const row of message.items) {
          const known = found.get(row.id);
          if (known && known.revision > row.revision) continue;
          const fits = belongs(row, wanted);
          if (fits === false) found.delete(row.id);
          else if (known || (fits && (current.current.more === null || last === null || row.opened_at >= last))) {
            if (!known && row.severity === "critical" && row.status === "triggered" && current.current.loud) alarm(row);
            found.set(row.id, row);
          }
        }
        return found;
      });
    });
    return () => {
      clearTimeout(due);
      stop();
    };
  }, [load]);

  const shown = useMemo(() => [...rows.values()].sort(newest), [rows]);

  useEffect(() => {
    if (!end.current) return;
    const seen = new IntersectionObserver((entries) => {
      if (entries[0].isIntersecting && current.current.more) load(current.current.more);
    }, { rootMargin: "800px" });
    seen.observe(end.current);
    return () => seen.disconnect();
  }, [load, loaded, shown.length]);

  const act = useCallback(async (action, body, past) => {
    const { chosen, here } = current.current;
    const targets = chosen.size ? [...chosen] : here ? [here] : [];
    if (!targets.length) return setSaid("Choose an incident first: j and k move, x selects.");
    const results = await Promise.allSettled(targets.map((id) => ask("POST", `/alerts/${encodeURIComponent(id)}/${action}`, body)));
    const failed = results.filter((result) => result.status === "rejected");
    const idle = results.filter((result) => result.value?.state === "ignored");
    if (failed.length) setSaid(`${failed.length} of ${targets.length} not ${past}: ${failed[0].reason.message}`);
    else if (idle.length) setSaid(`${targets.length - idle.length} of ${targets.length} ${past}; ${idle[0].value.why}`);
    else setSaid(`${targets.length} ${past}.`);
    setChosen(new Set());
  }, []);

  useEffect(() => {
    const pressed = (event) => {
      if (!keyed || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("input:not([type=checkbox]), textarea, select")) {
        if (event.key === "Escape") event.target.blur();
        return;
      }
      const { here } = current.current;
      const at = shown.findIndex((row) => row.id === here);
      const step = (by) => {
        const row = shown[Math.min(Math.max(at + by, 0), shown.length - 1)];
        if (!row) return;
        setHere(row.id);
      };
      const keys = {
        j: () => step(1), k: () => step(at < 0 ? 1 : -1),
        a: () => act("acknowledge", undefined, "acknowledged"), r: () => act("resolve", undefined, "resolved"),
        s: () => act("snooze", { minutes: 30 }, "snoozed for 30 minutes"), e: () => act("escalate", undefined, "escalated"),
        x: () => here && choose(here), "/": () => search.current?.focus(), "?": () => setHelp((open) => !open),
        Escape: () => { setHelp(false); setChosen(new Set()); },
      };
      if (event.key === "Enter" && here && !event.target.closest("a, button, input, summary")) go(`/incidents/${here}`);
      if (!keys[event.key] || (event.target.closest("button, a") && event.key === "Enter")) return;
      event.preventDefault();
      keys[event.key]();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [shown, act, keyed]);

  const choose = useCallback((id) => setChosen((old) => {
    const next = new Set(old);
    if (!next.delete(id)) next.add(id);
    return next;
  }), []);

  if (!filter) return <p className="dim" role="status">Loading …</p>;
  const change = (part) => setFilter({ ...filter, ...part });
  const total = OPEN.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  const count = (name) => (name === "open" ? total : OPEN.includes(name) ? counts[name] ?? 0 : null);
  const select = (name, title, items) => (
    <select aria-label={title} value={filter[name]} onChange={(event) => change({ [name]: event.target.value })}>
      <option value="">{title}: all</option>
      {items.map((item) => <option key={item.id} value={item.id}>{item.name}</option>)}
    </select>
  );
  const keep = () => {
    const name = prompt("Name of this view");
    if (!name) return;
    const next = [...views.filter((view) => view.name !== name), { name, query: asQuery(filter, false).toString() }];
    setViews(next);
    localStorage.setItem("views", JSON.stringify(next));
  };
  const hear = () => {
    if (!loud && Notification.permission === "default") Notification.requestPermission();
    localStorage.setItem("loud", loud ? "no" : "yes");
    setLoud(!loud);
  };
  const press = () => { // who speaks to the computer, or has unsteady hands, wants none (WCAG 2.1.4)
    localStorage.setItem("keys", keyed ? "off" : "on");
    setKeyed(!keyed);
  };

  return (
    <section aria-label="Incidents">
      <div className="tabs" role="group" aria-label="Status">
        {TABS.map(([name]) => (
          <button key={name} aria-pressed={filter.tab === name} onClick={() => change({ tab: name })} data-tab={name}>
            {name}{count(name) === null ? "" : <span className="count">{count(name)}</span>}
          </button>
        ))}
      </div>
      <div className="filters">
        <input ref={search} type="search" placeholder="Words in the title, or an id" aria-label="Search" defaultValue={filter.q} key={"q" + (filter.q === "" ? "" : "set")}
          onKeyDown={(event) => event.key === "Enter" && change({ q: event.target.value.trim() })} onBlur={(event) => event.target.value.trim() !== filter.q && change({ q: event.target.value.trim() })} />
        <fieldset aria-label="Severity">
          {SEVERITIES.map((name) => (
            <label key={name}>
              <input type="checkbox" checked={filter.severity.includes(name)}
                onChange={() => change({ severity: filter.severity.includes(name) ? filter.severity.filter((s) => s !== name) : [...filter.severity, name] })} />
              <span className={`severity ${name}`}>{name}</span>
            </label>
          ))}
        </fieldset>
        {select("team", "Team", choices.teams)}
        {select("service", "Service", choices.services)}
        {select("person", "Person", choices.users)}
        <input placeholder="label=value" aria-label="Label" defaultValue={filter.label} onKeyDown={(event) => event.key === "Enter" && change({ label: event.target.value.trim() })} />
        <select aria-label="Saved views" value="" onChange={(event) => { history.replaceState(history.state, "", "?" + event.target.value); setFilter(fromAddress()); }}>
          <option value="" disabled>Views</option>
          {views.map((view) => <option key={view.name} value={view.query}>{view.name}</option>)}
        </select>
        <button onClick={keep}>Keep this view</button>
        <button onClick={hear} aria-pressed={loud}>Sound for new critical</button>
        <button onClick={() => setHelp(!help)} aria-expanded={help}>Keys</button>
      </div>
      {help && (
        <div className="keys">
          <dl>{KEYS.map(([key, text]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{text}</dd></div>)}</dl>
          <button onClick={press} aria-pressed={!keyed}>Keys are off</button>
        </div>
      )}
      <div className="actions">
        <button disabled={!may} onClick={() => act("acknowledge", undefined, "acknowledged")}>Acknowledge</button>
        <button disabled={!may} onClick={() => act("resolve", undefined, "resolved")}>Resolve</button>
        <button disabled={!may} onClick={() => act("snooze", { minutes: 30 }, "snoozed for 30 minutes")}>Snooze 30 min</button>
        <span className="dim">{chosen.size ? `${chosen.size} selected` : ""}</span>
        <span role="status" className="said">{said}</span>
      </div>
      {loaded && shown.length === 0 ? (
        <p className="empty">{filter.tab === "open" ? "Nothing is open. Good." : "Nothing here."} {asQuery({ ...filter, tab: "open" }, false).size > 0 && <button onClick={() => change({ severity: [], team: "", service: "", person: "", label: "", q: "" })}>Clear the filters</button>}</p>
      ) : (
        <Rows rows={shown} more={more !== null} here={here} chosen={chosen} onChoose={choose} onHere={setHere} />
      )}
      {!loaded && <p className="dim" role="status">Loading …</p>}
      <div ref={end} className="end" />
    </section>
  );
}
