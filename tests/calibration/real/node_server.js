// A Node server with healthy and leaking views; `node node_server.js PORT`.
"use strict";
const http = require("node:http");

const KEPT_BYTES = 4096;
const CACHE_ENTRIES = 300; // filled within 300 requests, which is the warm-up
const NUMBERS = KEPT_BYTES / 8;

const keptBuffers = [];
const keptObjects = [];
const cache = new Map(); // iterates in the order of insertion: the first key is the oldest
let requests = 0;

// A fixed seed: each run allocates the same sizes in the same order.
let seed = 1;
function random() {
  seed = (seed * 48271) % 2147483647;
  return seed / 2147483647;
}

// Buffers and objects of many sizes, all dropped: what a busy heap looks like from outside.
function churn() {
  let total = 0;
  for (let i = 0; i < 8; ++i) {
    total += Buffer.alloc(64 + Math.floor(random() * 8192), 1).length;
    total += JSON.stringify(Array.from({ length: Math.floor(random() * 500) }, random)).length;
  }
  return total;
}

// Doubles, not small integers, so that an element takes eight bytes.
function numbers() {
  return Array.from({ length: NUMBERS }, random);
}

function remember(key) {
  cache.set(key, Buffer.alloc(KEPT_BYTES, 1));
  if (cache.size > CACHE_ENTRIES) cache.delete(cache.keys().next().value);
}

const views = {
  "/": () => {},
  "/plain": () => {},
  "/random-sizes": churn,
  "/bounded-cache": () => remember(requests),
  "/keep-buffer": () => keptBuffers.push(Buffer.alloc(KEPT_BYTES, 1)),
  "/keep-object": () => keptObjects.push(numbers()),
  "/keep-object-random-sizes": () => {
    churn();
    keptObjects.push(numbers());
  },
};

http
  .createServer((request, response) => {
    ++requests;
    const view = views[request.url];
    if (view) view();
    response.writeHead(view ? 200 : 404, { "Content-Type": "text/plain" });
    response.end("ok\n");
  })
  .listen(Number(process.argv[2]), "127.0.0.1");
