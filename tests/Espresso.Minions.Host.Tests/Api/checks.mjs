// The minion's face by an Open Inference Protocol client in JavaScript. Arguments: proto file, host:port, the check's name.
// Ends with 0 when the check passes.
import assert from 'node:assert/strict';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const [protoFile, target, name] = process.argv.slice(2);
const definition = protoLoader.loadSync(protoFile, { keepCase: true, longs: Number, defaults: true, oneofs: true });
const { GRPCInferenceService } = grpc.loadPackageDefinition(definition).inference;
const client = new GRPCInferenceService(target, grpc.credentials.createInsecure(), { 'grpc.max_receive_message_length': 64 << 20 });
const side = 256;
const floats = (value) => Float32Array.from({ length: 3 * side * side }, (_, i) => ((i * 7 + value) % 256) / 255);
const bytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const read = (buffer) => new Float32Array(new Uint8Array(buffer).buffer);
const inSeconds = (seconds) => ({ deadline: Date.now() + seconds * 1000 });

const call = (method, request, options = inSeconds(60)) => new Promise((resolve, reject) => {
  client[method](request, new grpc.Metadata(), options, (error, reply) => (error ? reject(error) : resolve(reply)));
});

const request = (value, more = {}) => ({
  model_name: 'depth',
  inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 3, side, side] }],
  raw_input_contents: [bytes(floats(value))],
  ...more,
});

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  return assert.fail('the call did not fail');
}

function close(actual, expected) {
  assert.equal(actual.length, expected.length);
  actual.forEach((value, i) => assert.ok(Math.abs(value - expected[i]) < 1e-4, `${value} is not ${expected[i]} at ${i}`));
}

// For the queue's tests: a model whose map is its picture's first channel.
const echo = (value) => ({
  model_name: 'echo',
  inputs: [{ name: 'image', datatype: 'FP32', shape: [1, 3, 4, 8] }],
  raw_input_contents: [bytes(new Float32Array(96).fill(value))],
});

const checks = {
  async live_and_ready() {
    assert.equal((await call('ServerLive', {})).live, true);
    assert.equal((await call('ServerReady', {})).ready, true);
    assert.equal((await call('ModelReady', { name: 'depth', version: '0.1' })).ready, true);
  },

  async metadata() {
    const model = await call('ModelMetadata', { name: 'depth' });
    assert.deepEqual(model.versions, ['0.1']);
    assert.deepEqual(model.inputs, [{ name: 'image', datatype: 'FP32', shape: [-1, 3, side, side] }]);
    assert.deepEqual(model.outputs, [{ name: 'inverse_depth', datatype: 'FP32', shape: [-1, 1, side, side] }]);
  },

  async infer_raw() {
    const reply = await call('ModelInfer', request(1, { id: 'a-7', parameters: { priority: { uint64_param: 2 } } }));
    assert.equal(reply.id, 'a-7');
    assert.deepEqual(reply.outputs[0].shape, [1, 1, side, side]);
    assert.equal(read(reply.raw_output_contents[0]).length, side * side);
    assert.ok(reply.parameters.espresso_batch_size.int64_param >= 1);
  },

  async infer_typed_equals_raw() {
    const typed = request(2, { raw_input_contents: [] });
    typed.inputs[0].contents = { fp32_contents: Array.from(floats(2)) };
    const [first, second] = [await call('ModelInfer', typed), await call('ModelInfer', request(2))];
    close(read(first.raw_output_contents[0]), read(second.raw_output_contents[0]));
  },

  async infer_picture_quantised() {
    const reply = await call('ModelInfer', {
      model_name: 'depth',
      inputs: [{ name: 'image', datatype: 'UINT8', shape: [1, side, side, 3] }],
      outputs: [{ name: 'inverse_depth', parameters: { espresso_datatype: { string_param: 'UINT8' } } }],
      raw_input_contents: [Buffer.from(Uint8Array.from({ length: 3 * side * side }, (_, i) => (i * 31) % 256))],
    });
    assert.equal(reply.outputs[0].datatype, 'UINT8');
    assert.deepEqual(reply.outputs[0].shape, [1, side, side, 1]);
    assert.equal(Math.min(...reply.raw_output_contents[0]), 0);
    assert.equal(Math.max(...reply.raw_output_contents[0]), 255);
    assert.ok(reply.outputs[0].parameters.espresso_low.double_param < reply.outputs[0].parameters.espresso_high.double_param);
  },

  async infer_many() {
    const alone = [read((await call('ModelInfer', request(50))).raw_output_contents[0]), read((await call('ModelInfer', request(90))).raw_output_contents[0])];
    const replies = await Promise.all(Array.from({ length: 12 }, (_, i) => call('ModelInfer', request(i % 2 ? 90 : 50, { id: `${i}` }))));
    replies.forEach((reply, i) => {
      assert.equal(reply.id, `${i}`);
      close(read(reply.raw_output_contents[0]), alone[i % 2]);
    });
  },

  async wrong_shape() {
    const wrong = request(1);
    wrong.inputs[0].shape = [1, 3, side, 1];
    const error = await failure(call('ModelInfer', wrong));
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    assert.match(error.details, /the network takes \[-1,3,256,256\]/);
    assert.deepEqual(error.metadata.get('espresso-reason'), ['invalid_tensor']);
  },

  async unknown_model() {
    const error = await failure(call('ModelInfer', request(1, { model_name: 'breadth' })));
    assert.equal(error.code, grpc.status.NOT_FOUND);
    assert.match(error.details, /this minion serves depth\/0\.1/);
  },

  async deadline() {
    const error = await failure(call('ModelInfer', request(1), { deadline: Date.now() + 1 }));
    assert.equal(error.code, grpc.status.DEADLINE_EXCEEDED);
    assert.equal((await call('ServerLive', {})).live, true);
  },

  async echo() {
    const reply = await call('ModelInfer', echo(7));
    assert.deepEqual([...read(reply.raw_output_contents[0])], Array(32).fill(7));
  },

  async queue_full() {
    const error = await failure(call('ModelInfer', echo(1)));
    assert.equal(error.code, grpc.status.RESOURCE_EXHAUSTED);
    assert.deepEqual(error.metadata.get('espresso-reason'), ['queue_full']);
  },

  async cancel() {
    const error = await failure(new Promise((resolve, reject) => {
      const running = client.ModelInfer(request(1), (failed, reply) => (failed ? reject(failed) : resolve(reply)));
      running.cancel();
    }));
    assert.equal(error.code, grpc.status.CANCELLED);
    assert.equal((await call('ServerLive', {})).live, true);
  },
};

await checks[name]();
client.close();
