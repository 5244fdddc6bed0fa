// A plain Node server; `node server.js PORT BYTES` keeps so many bytes of each request.
const http = require("node:http");

const [port, bytes] = process.argv.slice(2).map(Number);
const kept = [];

http
  .createServer((request, response) => {
    if (bytes) kept.push(Buffer.alloc(bytes, 1));
    response.setHeader("Content-Type", "text/plain");
    response.end("row\n");
  })
  .listen(port, "127.0.0.1");
