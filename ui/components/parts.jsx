// Small parts used on many pages.
import { useEffect, useRef, useState } from "react";
import { Link } from "react-router";

// The path that the console is served beneath, "" at the root of a host.
export const BASE = import.meta.env.BASE_URL.replace(/\/$/, "");

const tickers = new Set();
setInterval(() => {
  for (const tick of tickers) tick();
}, 1000);

// What `say(now)` says, looked at every second; the component is drawn anew only if it says something else: in a list of
// thousands of rows nearly all of them say what they said.
export function useSaid(say) {
  const newest = useRef(say);
  newest.current = say;
  const [, setSaid] = useState(() => say(Date.now()));
  useEffect(() => {
    const tick = () => setSaid(newest.current(Date.now()));
    tickers.add(tick);
    return () => tickers.delete(tick);
  }, []);
  return say(Date.now());
}

export function span(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 90) return `${s} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  if (s < 129600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" }); // to make one takes longer than a row

export function absolute(at) {
  return at ? WHOLE.format(new Date(at)) : "";
}

// How far two instants (milliseconds) are apart, in words.
function apart(when, now) {
  return when > now ? `in ${span((when - now) / 1000)}` : `${span((now - when) / 1000)} ago`;
}

// A time by the clock of whoever looks; the day only if it is another one than that of `now`.
function clock(when, now, parts) {
  const far = new Date(when).toDateString() !== new Date(now).toDateString();
  const day = far ? { month: "short", day: "numeric" } : {};
  return new Date(when).toLocaleString(undefined, { ...day, hour: "2-digit", minute: "2-digit", ...parts });
}

const SECONDS = { second: "2-digit" };
const WRITTEN = /(?:(\d{4}-\d\d-\d\d) )?(\d\d:\d\d(?::\d\d)?) UTC/g;

// The instant that the API wrote; without a day it is the one nearest to `near`.
function instant(day, time, near) {
  const there = Date.parse(`${day ?? new Date(near).toISOString().slice(0, 10)}T${time}Z`);
  return day ? there : there + 864e5 * Math.round((near - there) / 864e5);
}

// A sentence of the API, its times of UTC by the clock of whoever looks; of what is to come also how long until then. `at`:
// when it was said; "": now.
export function Local({ text, at }) {
  const said = useSaid((now) => text.replace(WRITTEN, (_, day, time) => {
    const when = instant(day, time, at ? Date.parse(at) : now);
    return clock(when, now, { timeZoneName: "short", ...(time.length > 5 ? SECONDS : {}) }) + (when > now ? ` (${apart(when, now)})` : "");
  }));
  return <span title={said === text ? undefined : text}>{said}</span>;
}

// When something happened, to the second, and how long ago that is. The zone is said beside it, and in its title.
export function Stamp({ at }) {
  const when = Date.parse(at);
  const text = useSaid((now) => apart(when, now));
  return <time dateTime={at} title={absolute(at)}><span>{clock(when, Date.now(), SECONDS)}</span> <small>{text}</small></time>;
}

export function Ago({ at }) {
  const when = new Date(at).getTime();
  const text = useSaid((now) => apart(when, now));
  if (!at) return null;
  return <time dateTime={at} title={absolute(at)} aria-label={absolute(at)}>{text}</time>;
}

export function ThemeSwitch() {
  const [theme, setTheme] = useState("system");
  useEffect(() => setTheme(localStorage.getItem("theme") ?? "system"), []);
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
  }, [theme]);
  return (
    <select aria-label="Colours" value={theme} onChange={(event) => setTheme(event.target.value)} className="theme">
      <option value="system">as the system</option>
      <option value="dark">dark</option>
      <option value="light">light</option>
    </select>
  );
}

// The answer's JSON, or an Error with words for a person.
export async function ask(method, path, body) {
  const answer = await fetch(BASE + "/api/v1" + path, {
    method,
    headers: body === undefined ? {} : { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch(() => { throw new Error("The gateway does not answer. Try again in a moment."); });
  if (answer.status === 401) location.assign(BASE + "/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Error(said?.detail ?? `The gateway answered ${answer.status}.`);
  return said;
}

// Past the navigation, for who goes by keyboard. A link of the router would change the address and leave the focus where it is.
export function Skip() {
  const go = (event) => {
    event.preventDefault();
    document.getElementById("content").focus();
  };
  return <a href="#content" className="skip" onClick={go}>Skip to the content</a>;
}

// A place in the navigation; going there loads no page anew. Where the places are one line that scrolls, it is in sight.
export function Place({ to, current, id, children }) {
  const link = useRef(null);
  useEffect(() => {
    const line = current && link.current?.parentElement;
    if (line) line.scrollLeft += link.current.getBoundingClientRect().left - line.getBoundingClientRect().left - line.clientWidth / 3;
  }, [current]);
  return <Link ref={link} to={to} id={id} className="place" aria-current={current ? "page" : undefined}>{children}</Link>;
}

// A plain form: the gateway ends the session and takes its cookie back.
export function SignOut() {
  return <form method="post" action={BASE + "/sign-out"}><button type="submit">Sign out</button></form>;
}

// Goes to the sign-in page once there is one to go to: Reflex's redirects stay within the console, or open a tab. What is left
// over from before somebody signed in again leads nowhere.
export function Leave({ to }) {
  useEffect(() => {
    if (to) fetch(BASE + "/api/v1/me").then((answer) => answer.status === 401 && location.assign(BASE + to));
  }, [to]);
  return null;
}
