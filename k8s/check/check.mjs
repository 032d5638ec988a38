// Reads rendered manifests from standard input, tells what is wrong with them, and ends with 1 if anything is.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { parse, parseAllDocuments } from "yaml";

const require = createRequire(import.meta.url);
const repository = new URL("../../", import.meta.url);
const name = process.argv[2];
const faults = [];
const objects = parseAllDocuments(await text(process.stdin)).map(document => document.toJS()).filter(Boolean);
const deployments = objects.filter(object => object.kind === "Deployment");

for (const object of objects)
  for (const fault of schemaFaults(object))
    faults.push(`${object.kind} ${object.metadata?.name}: ${fault}`);
for (const deployment of deployments)
  checkDrain(deployment);
for (const service of objects.filter(object => object.kind === "Service"))
  if (!deployments.some(deployment => selects(service.spec.selector, deployment.spec.template.metadata.labels)))
    faults.push(`Service ${service.metadata.name}: selects no pods`);
for (const autoscaler of objects.filter(object => object.kind === "HorizontalPodAutoscaler"))
  checkAutoscaler(autoscaler);
for (const [model, version] of packages())
  checkPackage(model, version);

for (const fault of faults)
  console.error(`${name}: ${fault}`);
if (faults.length === 0)
  console.log(`${name}: ${objects.length} objects are sound`);
process.exitCode = faults.length === 0 ? 0 : 1;

// The schemas let unknown fields pass, a misspelt probe among them. But a validator reads every field that it knows, so what it has
// not read is unknown.
function schemaFaults(object) {
  const unread = new Map();
  const watch = (value, path) => {
    if (typeof value !== "object" || value === null)
      return value;
    const watched = Array.isArray(value) ? [] : {};
    for (const [key, item] of Object.entries(value)) {
      const here = `${path}/${key}`;
      const child = watch(item, here);
      unread.set(here, true);
      Object.defineProperty(watched, key, { enumerable: true, get: () => (unread.delete(here), child) });
    }
    return watched;
  };
  const model = require(`kubernetes-models/${object.apiVersion}/${object.kind}`)[object.kind];
  const watched = watch(object, "");
  try {
    // Not through the constructor, which reads the first level itself.
    model.prototype.validate.call(Object.setPrototypeOf(watched, model.prototype));
  } catch (error) {
    return [error.message];
  }
  const unknown = [...unread.keys()].filter(path => !/^\/(apiVersion|kind)$/.test(path));
  return unknown.filter(path => !unknown.some(other => path.startsWith(`${other}/`))).map(path => `unknown field ${path}`);
}

function checkDrain({ metadata, spec: { template: { spec: pod } } }) {
  for (const container of pod.containers) {
    const variables = (container.envFrom ?? []).flatMap(({ configMapRef }) => {
      const map = objects.find(object => object.kind === "ConfigMap" && object.metadata.name === configMapRef?.name);
      if (!map)
        faults.push(`Deployment ${metadata.name}: no ConfigMap ${configMapRef?.name}`);
      return Object.entries(map?.data ?? {});
    });
    const drain = Number(Object.fromEntries(variables).ESPRESSO_DRAIN_SECONDS);
    const needed = (container.lifecycle?.preStop?.sleep?.seconds ?? 0) + drain + 5; // the host gives itself five to close
    if (!(pod.terminationGracePeriodSeconds > needed))
      faults.push(`Deployment ${metadata.name}: killed after ${pod.terminationGracePeriodSeconds} s, though it may need ${needed} s to drain`);
  }
}

function selects(selector, labels) {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

// It must look at the demand for what its Deployment serves.
function checkAutoscaler({ metadata, spec }) {
  const target = deployments.find(deployment => deployment.metadata.name === spec.scaleTargetRef.name);
  if (!target) {
    faults.push(`HorizontalPodAutoscaler ${metadata.name}: no Deployment ${spec.scaleTargetRef.name}`);
    return;
  }
  for (const metric of spec.metrics.filter(metric => metric.type === "External")) {
    const { model, version } = metric.external.metric.selector?.matchLabels ?? {};
    if (!selects({ "espresso/model": model, "espresso/version": version }, target.spec.template.metadata.labels))
      faults.push(`HorizontalPodAutoscaler ${metadata.name}: follows the demand for ${model}@${version}, which ${target.metadata.name} does not serve`);
  }
}

// What lies in minions/<model>/<version>, with a manifest.
function packages() {
  return readdirSync(new URL("minions/", repository), { recursive: true })
    .map(path => /^([^/]+)\/(\d+\.\d+)\/manifest\.yaml$/.exec(path)?.slice(1)).filter(Boolean);
}

function checkPackage(model, version) {
  // A package whose network is fetched is deployed by an overlay, which is named after it.
  const manifest = parse(readFileSync(new URL(`minions/${model}/${version}/manifest.yaml`, repository), "utf8"));
  if (manifest.fetch && name !== `overlays/${model}-${version}`)
    return;
  const image = `espresso.internal/minion-${model}:${version}`;
  if (!deployments.some(deployment => deployment.spec.template.spec.containers.some(container => container.image === image)))
    faults.push(`no Deployment of ${image}, though minions/${model}/${version} is there`);
}
