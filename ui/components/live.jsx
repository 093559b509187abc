// The gateway's websocket for lists and calendars: one a page, whatever listens on it.
import { useEffect, useState } from "react";
import { BASE } from "./parts.jsx";

const listeners = new Set();
const watched = new Map(); // what the gateway is asked to tell (gateway/live.py), and by how many here
const state = { live: false, since: null };
let socket = null, wait = 250, timer = null;

function tell(message) {
  for (const listener of [...listeners]) listener(message);
}

function say(type, of) {
  if (state.live) socket.send(JSON.stringify({ type, of }));
}

function open() {
  clearTimeout(timer);
  socket = new WebSocket(location.origin.replace(/^http/, "ws") + BASE + "/api/v1/alerts/live");
  const mine = socket;
  let greeted = false;
  mine.onmessage = (event) => {
    if (!greeted) {
      greeted = true;
      wait = 250;
      state.live = true;
      state.since = null;
      for (const of of watched.keys()) say("watch", of);
      tell({ type: "live" });
    }
    tell(JSON.parse(event.data));
  };
  mine.onclose = (event) => {
    if (mine !== socket) return;
    if (event.code === 4401) return location.assign(BASE + "/sign-in?next=" + encodeURIComponent(location.pathname + location.search));
    if (state.live || state.since === null) state.since = new Date();
    state.live = false;
    tell({ type: "lost" });
    wait = Math.min(wait * 2, 4000);
    timer = setTimeout(open, wait * (0.5 + Math.random()));
  };
}

// `listener` gets every message: counts, rows, and of our own "live" (after which everything is to be loaded) and "lost".
export function listen(listener) {
  listeners.add(listener);
  if (socket === null) open();
  else if (state.live) listener({ type: "live" });
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0 && socket !== null) {
      const last = socket;
      socket = null;
      state.live = false;
      clearTimeout(timer);
      last.close();
    }
  };
}

// What the gateway says of this, a document or why there is none, as it is now; null until then. What was refused is asked
// for once more when something was saved: it may be there then.
export function useWatched(of) {
  const [told, setTold] = useState(null);
  useEffect(() => {
    if (!of) return;
    let refused = false;
    const stop = listen((message) => {
      if (message.type === "rota" && refused) say("watch", of);
      if (message.of !== of) return;
      refused = message.type === "refused";
      setTold(message);
    });
    watched.set(of, (watched.get(of) ?? 0) + 1);
    say("watch", of);
    return () => {
      watched.set(of, watched.get(of) - 1);
      if (watched.get(of) === 0) {
        watched.delete(of);
        say("leave", of);
      }
      stop();
    };
  }, [of]);
  return told;
}

export function LiveBadge() {
  const [shown, setShown] = useState("connecting");
  useEffect(() => listen((message) => {
    if (message.type === "live") setShown("live");
    if (message.type === "lost") setShown("lost");
  }), []);
  if (shown === "lost")
    return (
      <span className="badge lost" role="alert" data-live="lost">
        Not live since {state.since?.toLocaleTimeString()}; reconnecting. What is shown may be old.
      </span>
    );
  return <span className="badge" role="status" data-live={shown}>{shown === "live" ? "Live" : "Connecting …"}</span>;
}

export function LiveWatch({ ident, onChange }) {
  useEffect(() => {
    let first = true;
    let due = null;
    const stop = listen((message) => {
      const hit = message.type === "rows" && message.items.some((row) => row.id === ident);
      const back = message.type === "live" && !first;
      if (message.type === "live") first = false;
      if ((hit || back) && due === null)
        due = setTimeout(() => {
          due = null;
          onChange?.();
        }, 30);
    });
    return () => {
      clearTimeout(due);
      stop();
    };
  }, [ident]);
  return null;
}
