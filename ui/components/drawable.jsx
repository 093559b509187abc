// A stretch of time drawn with the mouse.
import { useRef, useState } from "react";

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
