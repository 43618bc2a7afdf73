/** Where a picture comes from: the camera, or a pattern drawn here. Neither has sound. */

import { every } from "./clock.js";

const WIDTH = 960;
const HEIGHT = 540;
const FRAMES = 25;
const BARS = ["#f4f1ff", "#ffd166", "#5fd4d6", "#6fd08c", "#c77dff", "#ff6b6b", "#5b7cfa"];

/** A picture that could not be had; its message is for people. */
export class NoPicture extends Error {}

/**
 * A source at work: its stream, and how to stop it.
 * @param {"pattern" | "camera"} kind
 * @returns {Promise<{kind: string, stream: MediaStream, stop: () => void}>}
 * @throws {NoPicture}
 */
export async function open(kind) {
  return kind === "camera" ? camera() : pattern();
}

async function camera() {
  if (!navigator.mediaDevices) {
    throw new NoPicture("Browsers give the camera to pages on HTTPS or localhost only. Send the test pattern instead.");
  }
  try {
    const wanted = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
    const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    return { kind: "camera", stream, stop: () => stream.getTracks().forEach((track) => track.stop()) };
  } catch (error) {
    throw new NoPicture(WHY[error.name] ?? "The camera could not be opened. Send the test pattern instead.");
  }
}

const WHY = {
  NotAllowedError: "The camera was not allowed. Allow it in the browser's address bar, or send the test pattern.",
  NotFoundError: "There is no camera here. Send the test pattern instead.",
  NotReadableError: "Another program is using the camera. Close it, or send the test pattern.",
};

function pattern() {
  const canvas = document.createElement("canvas");
  canvas.width = WIDTH;
  canvas.height = HEIGHT;
  const pen = canvas.getContext("2d", { alpha: false });
  const began = performance.now();
  const paint = () => draw(pen, (performance.now() - began) / 1000);
  paint();
  const stream = canvas.captureStream(FRAMES);
  const rest = every(1000 / FRAMES, paint);
  const stop = () => {
    rest();
    stream.getTracks().forEach((track) => track.stop());
  };
  return { kind: "pattern", stream, stop };
}

/** Bars, a ball that bounces, a sweep, and the time: whoever looks sees at once whether it moves. */
function draw(pen, seconds) {
  const bar = WIDTH / BARS.length;
  BARS.forEach((colour, place) => {
    pen.fillStyle = colour;
    pen.fillRect(Math.floor(place * bar), 0, Math.ceil(bar), HEIGHT);
  });
  const floor = HEIGHT * 0.72;
  const shade = pen.createLinearGradient(0, floor, 0, HEIGHT);
  shade.addColorStop(0, "#1d1830");
  shade.addColorStop(1, "#0e0b18");
  pen.fillStyle = shade;
  pen.fillRect(0, floor, WIDTH, HEIGHT - floor);

  const sweep = ((seconds % 4) / 4) * (WIDTH + 160) - 160;
  const light = pen.createLinearGradient(sweep, 0, sweep + 160, 0);
  light.addColorStop(0, "rgb(255 255 255 / 0%)");
  light.addColorStop(0.5, "rgb(255 255 255 / 55%)");
  light.addColorStop(1, "rgb(255 255 255 / 0%)");
  pen.fillStyle = light;
  pen.fillRect(sweep, 0, 160, floor);

  const x = 70 + bounce(seconds * 190, WIDTH - 140);
  const y = 70 + bounce(seconds * 150, floor - 140);
  pen.beginPath();
  pen.arc(x, y, 56, 0, Math.PI * 2);
  pen.fillStyle = "#1d1830";
  pen.fill();
  pen.lineWidth = 8;
  pen.strokeStyle = "#ffffff";
  pen.beginPath();
  pen.arc(x, y, 44, -Math.PI / 2, -Math.PI / 2 + ((seconds % 1) + 0.001) * Math.PI * 2);
  pen.stroke();

  pen.fillStyle = "#ffffff";
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  pen.font = "600 34px system-ui, sans-serif";
  pen.fillText("Test pattern", 40, floor + (HEIGHT - floor) / 2);
  pen.textAlign = "right";
  pen.font = "600 40px ui-monospace, monospace";
  pen.fillText(time(seconds), WIDTH - 40, floor + (HEIGHT - floor) / 2);
}

function bounce(way, room) {
  const place = way % (2 * room);
  return place < room ? place : 2 * room - place;
}

function time(seconds) {
  const whole = Math.floor(seconds);
  const two = (value) => String(value).padStart(2, "0");
  return `${two(Math.floor(whole / 60))}:${two(whole % 60)}.${Math.floor((seconds % 1) * 10)}`;
}
