// What the pages of the rota need of the browser: its time zone, its clipboard, and a stretch of time drawn with the mouse.
import { useEffect, useRef, useState } from "react";

// Shows nothing; tells the zone of whoever looks, once.
export function ViewerZone({ onZone }) {
  useEffect(() => {
    onZone?.(Intl.DateTimeFormat().resolvedOptions().timeZone);
  }, []);
  return null;
}

const LEAST = 6; // pixels: less is a click

// A line of the calendar on which from and to can be drawn, as parts of its width. By the mouse only: a finger scrolls, and
// the keyboard has the form.
export function Drawable({ onDrawn, children }) {
  const box = useRef(null);
  const [drawn, setDrawn] = useState(null);
  const at = (event) => {
    const { left, width } = box.current.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  const down = (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    event.preventDefault();
    box.current.setPointerCapture(event.pointerId);
    setDrawn([at(event), at(event)]);
  };
  const move = (event) => drawn && setDrawn([drawn[0], at(event)]);
  const up = (event) => {
    if (drawn === null) return;
    const ends = [drawn[0], at(event)].sort((a, b) => a - b);
    setDrawn(null);
    if ((ends[1] - ends[0]) * box.current.clientWidth >= LEAST) onDrawn?.(ends[0], ends[1]);
  };
  const [from, to] = drawn ? [...drawn].sort((a, b) => a - b) : [0, 0];
  return (
    <div ref={box} className="track drawable" onPointerDown={down} onPointerMove={move} onPointerUp={up} onPointerCancel={() => setDrawn(null)}>
      {children}
      {drawn && <span className="drawn" style={{ left: `${100 * from}%`, width: `${100 * (to - from)}%` }} />}
    </div>
  );
}

// Puts `text` where one can paste it from. Without a clipboard (no TLS) the field beside it can still be marked.
export function CopyButton({ text, label }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("copied");
    } catch {
      setSaid("this browser does not allow it: mark the text and copy it by hand");
    }
  };
  return (
    <>
      <button type="button" onClick={copy} aria-label={label}>Copy</button>
      <span role="status" className="dim">{said}</span>
    </>
  );
}
