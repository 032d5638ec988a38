// The checks of Checks.cs as a @grpc/grpc-js client. Prints one JSON line per check: {"check", "error"}.
// Arguments: proto file, host:port in clear text, port of TLS, certificate file, names of the checks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const [protoFile, plainTarget, tlsPort, certificateFile, ...names] = process.argv.slice(2);
const definition = protoLoader.loadSync(protoFile, { longs: Number, defaults: true });
const { Echo, Missing } = grpc.loadPackageDefinition(definition).espresso.standins.test;
const megabytes = 1024 * 1024;
const limits = { 'grpc.max_receive_message_length': 17 * megabytes, 'grpc.max_send_message_length': -1 };
const echo = new Echo(plainTarget, grpc.credentials.createInsecure(), limits);
const text = (body) => body.toString('utf8');
const newId = () => randomBytes(8).toString('hex');
const inSeconds = (seconds) => ({ deadline: Date.now() + seconds * 1000 });

// A unary call as a promise of everything that it gives: answer, error, headers and trailers.
function unary(method, request, { client = echo, metadata = new grpc.Metadata(), options = inSeconds(60), started } = {}) {
  return new Promise((resolve) => {
    const result = {};
    const call = client[method](request, metadata, options, (error, answer) => { result.error = error; result.answer = answer; });
    call.on('metadata', (headers) => { result.headers = headers; });
    call.on('status', (status) => { result.status = status; setImmediate(() => resolve(result)); });
    started?.(call);
  });
}

function collect(stream) {
  return new Promise((resolve) => {
    const result = { messages: [] };
    stream.on('data', (message) => result.messages.push(text(message.body)));
    stream.on('metadata', (headers) => { result.headers = headers; });
    stream.on('error', (error) => { result.error = error; });
    stream.on('status', (status) => { result.status = status; setImmediate(() => resolve(result)); });
  });
}

const ending = async (id) => (await unary('AwaitEnd', { id })).answer;
const body = (value) => ({ body: Buffer.from(value) });
const trailer = (result, key) => result.status.metadata.get(key);

const checks = {
  async unary() {
    const { answer, status } = await unary('Unary', body('grüße'));
    assert.equal(text(answer.body), 'grüße');
    assert.equal(status.code, grpc.status.OK);
  },

  async client_streaming() {
    const answer = await new Promise((resolve, reject) => {
      const call = echo.Collect(inSeconds(60), (error, value) => (error ? reject(error) : resolve(value)));
      for (let i = 0; i < 100; i++) call.write(body(`${i},`));
      call.end();
    });
    assert.equal(text(answer.body), Array.from({ length: 100 }, (_, i) => `${i},`).join(''));
  },

  async server_streaming() {
    const { messages, status } = await collect(echo.Repeat({ ...body('again'), times: 500 }, inSeconds(60)));
    assert.equal(status.code, grpc.status.OK);
    assert.deepEqual(messages, new Array(500).fill('again'));
  },

  async duplex() {
    const call = echo.Chat(inSeconds(60));
    const end = collect(call);
    for (let i = 0; i < 50; i++) {
      // Each answer is awaited before the next request goes out: true ping-pong.
      const answered = new Promise((resolve) => call.once('data', (message) => resolve(text(message.body))));
      call.write(body(`ping ${i}`));
      assert.equal(await answered, `ping ${i}`);
    }
    call.end();
    assert.equal((await end).status.code, grpc.status.OK);
  },

  async deadline() {
    const id = newId();
    const started = Date.now();
    const { error } = await unary('Hang', { id }, { options: inSeconds(2) });
    assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
    assert.ok(Date.now() - started < 30_000);
    assert.ok(await ending(id), 'the server did not see the end');
  },

  async deadline_carried() {
    const { answer } = await unary('Describe', {}, { options: inSeconds(40) });
    assert.ok(answer.millisecondsLeft > 20_000 && answer.millisecondsLeft <= 40_000, `${answer.millisecondsLeft} ms left`);
    const without = await unary('Describe', {}, { options: {} });
    assert.equal(without.answer.millisecondsLeft, -1);
  },

  async cancel_unary() {
    const id = newId();
    let call;
    const result = unary('Hang', { id }, { started: (value) => { call = value; } });
    await unary('AwaitStart', { id });
    call.cancel();
    assert.equal((await result).error.code, grpc.status.CANCELLED);
    assert.equal((await ending(id)).deadlinePassed, false);
  },

  async cancel_streaming() {
    const id = newId();
    const { messages, error } = await firstMessage(id, (stream) => stream.cancel());
    assert.deepEqual(messages, [id]);
    assert.equal(error.code, grpc.status.CANCELLED);
    assert.equal((await ending(id)).deadlinePassed, false);
  },

  async every_status() {
    for (let code = 1; code <= 16; code++) {
      const { error } = await unary('Answer', { code, detail: `detail ${code}` });
      assert.equal(error.code, code);
      assert.equal(error.details, `detail ${code}`);
    }
  },

  async unicode_detail() {
    const detail = 'zu groß: 10 % über „Grenze“ 🦊\nzweite Zeile';
    const { error } = await unary('Answer', { code: grpc.status.INVALID_ARGUMENT, detail });
    assert.equal(error.details, detail);
  },

  async status_details_bin() {
    const binary = Buffer.from([0, 1, 2, 253, 254, 255]);
    const { error } = await unary('Answer', {
      code: grpc.status.ABORTED, detail: 'x', trailers: [{ key: 'grpc-status-details-bin', binary }],
    });
    assert.deepEqual(error.metadata.get('grpc-status-details-bin'), [binary]);
  },

  async trailers_on_success() {
    const binary = randomBytes(100);
    const result = await unary('Answer', {
      trailers: [{ key: 'a', text: '1' }, { key: 'a', text: '2' }, { key: 'b-bin', binary }],
    });
    assert.equal(result.error, null);
    // Node's own HTTP/2 joins what came as two.
    assert.deepEqual(trailer(result, 'a'), ['1, 2']);
    assert.deepEqual(trailer(result, 'b-bin'), [binary]);
  },

  async response_headers() {
    const binary = randomBytes(33);
    const result = await unary('Answer', { headers: [{ key: 'h', text: 'early' }, { key: 'h-bin', binary }] });
    assert.deepEqual(result.headers.get('h'), ['early']);
    assert.deepEqual(result.headers.get('h-bin'), [binary]);
  },

  async request_metadata() {
    const metadata = new grpc.Metadata();
    const binary = randomBytes(77);
    metadata.add('word', 'one two;three="four"');
    metadata.add('raw-bin', binary);
    metadata.add('empty-bin', Buffer.alloc(0));
    const { answer } = await unary('Describe', {}, { metadata });
    const sent = (key) => answer.headers.filter((header) => header.key === key);
    assert.deepEqual(sent('word').map((header) => header.text), ['one two;three="four"']);
    assert.deepEqual(sent('raw-bin').map((header) => header.binary), [binary]);
    assert.deepEqual(sent('empty-bin').map((header) => header.binary), [Buffer.alloc(0)]);
    assert.equal(answer.method, '/espresso.standins.test.Echo/Describe');
    assert.equal(answer.host, plainTarget);
    assert.match(answer.peer, /^ipv4:127\.0\.0\.1:\d+$/);
  },

  gzip_request: () => compressedRequest('gzip'),

  deflate_request: () => compressedRequest('deflate'),

  async gzip_response() {
    assert.match((await unary('Describe', {})).answer.acceptEncoding, /gzip/);
    const sent = Buffer.alloc(100_000, 9);
    const { answer } = await unary('Unary', { body: sent, compress: true });
    assert.ok(answer.body.equals(sent));
  },

  async large_message() {
    const sent = randomBytes(16 * megabytes);
    const { answer, error } = await unary('Unary', { body: sent });
    assert.equal(error, null);
    assert.ok(answer.body.equals(sent));
  },

  async message_too_large() {
    const { error } = await unary('Unary', { body: Buffer.alloc(17 * megabytes) });
    assert.equal(error.code, grpc.status.RESOURCE_EXHAUSTED);
  },

  async thousand_in_flight() {
    const id = newId();
    const calls = Array.from({ length: 1000 }, () => unary('Gather', { id, expected: 1000 }));
    for (const { answer, error } of await Promise.all(calls)) {
      assert.equal(error, null);
      assert.equal(text(answer.body), id);
    }
  },

  async unimplemented() {
    const missing = new Missing(plainTarget, grpc.credentials.createInsecure());
    const { error } = await unary('Unary', {}, { client: missing });
    assert.equal(error.code, grpc.status.UNIMPLEMENTED);
    missing.close();
  },

  async unhandled_exception() {
    const { error } = await unary('Crash', {});
    assert.equal(error.code, grpc.status.UNKNOWN);
    assert.doesNotMatch(error.details, /Crashed as asked/);
  },

  async server_interceptor() {
    const metadata = new grpc.Metadata();
    metadata.set('translate-exceptions', '1');
    const translated = await unary('Crash', {}, { metadata });
    assert.equal(translated.error.code, grpc.status.FAILED_PRECONDITION);
    assert.equal(translated.error.details, 'Crashed as asked.');

    assert.deepEqual(trailer(await unary('Unary', {}), 'intercepted'), ['unary']);
    assert.deepEqual(trailer(await collect(echo.Repeat({ times: 1 })), 'intercepted'), ['server-streaming']);
    const chat = echo.Chat();
    chat.end();
    assert.deepEqual(trailer(await collect(chat), 'intercepted'), ['duplex']);
    const status = await new Promise((resolve) => {
      const call = echo.Collect(() => {});
      call.on('status', resolve);
      call.end();
    });
    assert.deepEqual(status.metadata.get('intercepted'), ['client-streaming']);
  },

  async call_credentials() {
    const perCall = grpc.credentials.createFromMetadataGenerator((context, done) => {
      const metadata = new grpc.Metadata();
      metadata.set('authorization', 'Bearer secret');
      done(null, metadata);
    });
    const channel = grpc.credentials.combineChannelCredentials(
      grpc.credentials.createSsl(readFileSync(certificateFile)), perCall);
    const client = new Echo(`localhost:${tlsPort}`, channel, limits);
    const { answer, error } = await unary('Describe', {}, { client });
    assert.equal(error, null);
    assert.equal(answer.headers.find((header) => header.key === 'authorization').text, 'Bearer secret');
    client.close();
  },
};

async function compressedRequest(encoding) {
  const client = new Echo(plainTarget, grpc.credentials.createInsecure(), {
    ...limits, 'grpc.default_compression_algorithm': grpc.compressionAlgorithms[encoding],
  });
  const sent = Buffer.alloc(100_000, 7);
  const { answer } = await unary('Describe', { body: sent }, { client });
  assert.equal(answer.encoding, encoding);
  assert.equal(answer.bodyLength, sent.length);
  assert.ok((await unary('Unary', { body: sent }, { client })).answer.body.equals(sent));
  client.close();
}

// Starts the streaming hang, and once its one message is there does as told.
function firstMessage(id, then) {
  const stream = echo.HangStreaming({ id }, inSeconds(60));
  stream.once('data', () => then(stream));
  return collect(stream);
}

for (const name of names) {
  let error = null;
  try {
    await (checks[name] ?? assert.fail(`${name} is not written`))();
  } catch (caught) {
    error = caught.stack;
  }
  console.log(JSON.stringify({ check: name, error }));
}
echo.close();
