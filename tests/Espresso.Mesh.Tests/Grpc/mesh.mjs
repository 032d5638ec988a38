// The coordinator under @grpc/grpc-js. Prints one JSON line per check: {"check", "error"}.
// Arguments: the folder of the protos, host:port, a picture file, a mask file, names of the checks.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const [protos, target, pictureFile, maskFile, ...names] = process.argv.slice(2);
const load = (file) => grpc.loadPackageDefinition(protoLoader.loadSync(path.join(protos, file), { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true }));
const { Coordinator } = load('coordinator.proto').espresso.coordinator.v1;
const { Health } = load('health.proto').grpc.health.v1;
const options = { 'grpc.max_receive_message_length': -1 };
const coordinator = new Coordinator(target, grpc.credentials.createInsecure(), options);
const health = new Health(target, grpc.credentials.createInsecure(), options);
const image = readFileSync(pictureFile);
const mask = readFileSync(maskFile);
const noHurry = () => ({ deadline: Date.now() + 120_000 });
const isPng = (data) => data.subarray(0, 8).equals(Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]));

const unary = (client, method, request, callOptions = noHurry()) => new Promise((resolve, reject) => {
  client[method](request, callOptions, (error, reply) => (error ? reject(error) : resolve(reply)));
});

async function failure(request, callOptions) {
  try {
    await unary(coordinator, 'Infer', request, callOptions);
  } catch (error) {
    return error;
  }
  return assert.fail('it succeeded');
}

const checks = {
  async infer() {
    const reply = await unary(coordinator, 'Infer', { models: ['depth', 'segmentation', 'inpainting'], id: 'js-1', image });
    assert.equal(reply.id, 'js-1');
    assert.deepEqual(reply.results.map((result) => result.model).sort(), ['depth', 'inpainting', 'segmentation']);
    for (const result of reply.results) {
      assert.equal(result.status, 'ok');
      assert.equal(result.requested, true);
      assert.equal(result.outputs.length, 1);
      assert.equal(result.outputs[0].width, reply.picture.width);
      assert.equal(result.outputs[0].height, reply.picture.height);
      assert.equal(result.outputs[0].media_type, 'image/png');
      assert.ok(isPng(result.outputs[0].data));
    }
  },

  async infer_own_mask() {
    const reply = await unary(coordinator, 'Infer', { models: ['inpainting@0.1'], image, mask });
    assert.deepEqual(reply.results.map((result) => `${result.model}@${result.version}`), ['inpainting@0.1']);
  },

  async infer_stream() {
    const events = await new Promise((resolve, reject) => {
      const received = [];
      const call = coordinator.InferStream({ models: ['inpainting', 'depth'], image }, noHurry());
      call.on('data', (event) => received.push(event));
      call.on('error', reject);
      call.on('end', () => resolve(received));
    });
    assert.equal(events.at(-1).event, 'summary');
    const results = events.slice(0, -1).map((event) => event.result);
    assert.deepEqual(results.map((result) => result.model).sort(), ['depth', 'inpainting', 'segmentation']);
    const order = results.map((result) => result.model);
    assert.ok(order.indexOf('segmentation') < order.indexOf('inpainting'));
    assert.deepEqual(results.filter((result) => !result.requested).map((result) => result.model), ['segmentation']);
  },

  async list_models() {
    const reply = await unary(coordinator, 'ListModels', {});
    const names = reply.models.map((model) => `${model.model}/${model.version}`);
    for (const name of ['depth/0.1', 'segmentation/0.1', 'inpainting/0.1', 'inpainting/1.0']) assert.ok(names.includes(name), name);
    assert.equal(reply.preprocessors.length, 1);
  },

  async unknown_model() {
    const error = await failure({ models: ['colour'], image });
    assert.equal(error.code, grpc.status.NOT_FOUND);
    assert.deepEqual(error.metadata.get('espresso-reason'), ['unknown_model']);
    assert.match(error.details, /depth/);
  },

  async not_a_picture() {
    const error = await failure({ models: ['depth'], image: Buffer.alloc(1000, 'x') });
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    assert.deepEqual(error.metadata.get('espresso-reason'), ['not_a_picture']);
  },

  async too_many_models() {
    const error = await failure({ models: Array(10_000).fill('depth'), image });
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    assert.deepEqual(error.metadata.get('espresso-reason'), ['too_many_models']);
  },

  async body_too_large() {
    const error = await failure({ models: ['depth'], image: Buffer.alloc(30_000_000) });
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    assert.deepEqual(error.metadata.get('espresso-reason'), ['body_too_large']);
  },

  async deadline() {
    const error = await failure({ models: ['depth'], image }, { deadline: Date.now() + 1 });
    assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
  },

  async health() {
    assert.equal((await unary(health, 'Check', {})).status, 'SERVING');
  },
};

for (const name of names) {
  let error = null;
  try {
    await checks[name]();
  } catch (thrown) {
    error = thrown.stack ?? `${thrown}`;
  }
  console.log(JSON.stringify({ check: name, error }));
}
process.exit(0);
