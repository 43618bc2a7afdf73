// Drives Socket.IO's own client as it comes from npm, told what to do by lines of JSON on standard input. What it hears
// goes to standard output, a line each. It keeps cursors and comes back after a lost connection as the documentation says.
const { createInterface } = require("node:readline");
const { io } = require("./vendor/socket.io-client/socket.io.min.js");

const sockets = {};
const say = (told) => process.stdout.write(JSON.stringify(told) + "\n");

function open(name, url, token) {
  const cursors = {};
  const rooms = new Set();
  let own;
  const socket = io(url, {
    transports: ["websocket"],
    auth: (send) => send({ token, cursor: cursors[own] }),
    reconnectionDelay: 50,
    reconnectionDelayMax: 200,
    forceNew: true,
  });
  sockets[name] = { socket, rooms, cursors };
  socket.onAny((event, data) => {
    if (event === "ready") own = data.room;
    if (data.cursor) cursors[data.room] = data.cursor;
    say({ socket: name, event, data });
    if (event !== "ready") return;
    for (const room of rooms) {
      socket.emit("join_room", { room, cursor: cursors[room] }, (answer) => say({ socket: name, event: "rejoined", data: answer.data }));
    }
  });
  socket.on("connect_error", (error) => say({ socket: name, event: "connect_error", data: error.data ?? { message: error.message } }));
  socket.on("disconnect", (reason) => say({ socket: name, event: "disconnect", data: { reason } }));
}

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { number, make, name, url, token, event, data } = JSON.parse(line);
  if (make === "open") return open(name, url, token);
  const { socket, rooms, cursors } = sockets[name];
  if (make === "break") return socket.io.engine.close();
  if (make === "close") return socket.disconnect();
  const answer = await socket.timeout(20000).emitWithAck(event, data);
  if (event === "join_room" && answer.ok) {
    rooms.add(data.room);
    cursors[data.room] = answer.data.cursor;
  }
  say({ number, answer });
});
